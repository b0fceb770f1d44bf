/* getaddrinfo, getline, sendmsg and recv with MSG_WAITALL in a loop; chats on stderr and stdout */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int dial(const char *ip)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    struct addrinfo *found;
    int fd, error = getaddrinfo(ip, "7", &hints, &found);

    if (error != 0) {
        fprintf(stderr, "%s: %s\n", ip, gai_strerror(error));
        exit(2);
    }
    fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol);
    if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) < 0) {
        fprintf(stderr, "cannot connect to %s: %s\n", ip, strerror(errno));
        exit(3);
    }
    freeaddrinfo(found);
    return fd;
}

static void send_all(int fd, char *data, size_t len)
{
    while (len > 0) {
        struct iovec iov = {data, len};
        struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
        ssize_t n = sendmsg(fd, &msg, MSG_NOSIGNAL);

        if (n < 0) {
            perror("sendmsg");
            exit(4);
        }
        data += n;
        len -= n;
    }
}

static void recv_all(int fd, char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = recv(fd, data, len, MSG_WAITALL);

        if (n < 0) {
            perror("recv");
            exit(5);
        }
        if (n == 0) {
            fprintf(stderr, "server closed, %zu bytes are missing\n", len);
            exit(5);
        }
        data += n;
        len -= n;
    }
}

int main(int argc, char *argv[])
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    int fd;

    if (argc < 2) {
        fprintf(stderr, "usage: %s address\n", program_invocation_short_name);
        return 1;
    }
    fd = dial(argv[1]);
    fprintf(stderr, "connected to %s\n", argv[1]);
    printf("*** echo client ***\n한 줄을 입력하세요.\n입력 : ");
    fflush(stdout);

    len = getline(&line, &size, stdin);
    if (len > 0) {
        send_all(fd, line, len);
        recv_all(fd, line, len);
        printf("수신 : ");
        fwrite(line, 1, len, stdout);
        printf("\n%zd바이트를 받았습니다.\n", len);
    }
    free(line);
    shutdown(fd, SHUT_RDWR);
    if (close(fd) < 0) {
        perror("close");
        return 6;
    }
    return 0;
}
