// Both sockets first, then each one's port; talks to both servers, and says on stderr what they answer.
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static struct addrinfo *echo_server(int socktype)
{
    struct addrinfo *server;
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = socktype};
    int error = getaddrinfo("127.0.0.1", "7", &hints, &server);
    if (error != 0) {
        fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(error));
        exit(EXIT_FAILURE);
    }
    return server;
}

static int open_socket(const struct addrinfo *server)
{
    int fd = socket(server->ai_family, server->ai_socktype | SOCK_CLOEXEC, server->ai_protocol);
    if (fd < 0)
        die("socket");
    return fd;
}

static unsigned port_of(int fd)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;
    if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
        die("getsockname");
    return ntohs(((struct sockaddr_in *)&addr)->sin_port);
}

static void answer(const char *who, int fd, char *buf, size_t size)
{
    ssize_t n = recv(fd, buf, size, 0);
    if (n < 0)
        die("recv");
    fprintf(stderr, "%s: %.*s\n", who, (int)n, buf);
}

int main(void)
{
    static char hello[] = "hello";
    char buf[64];
    struct addrinfo *tcp = echo_server(SOCK_STREAM), *udp = echo_server(SOCK_DGRAM);
    int stream = open_socket(tcp), dgram = open_socket(udp);

    if (connect(stream, tcp->ai_addr, tcp->ai_addrlen) < 0)
        die("connect");
    if (send(stream, hello, strlen(hello), MSG_NOSIGNAL) < 0)
        die("send");
    answer("TCP echo", stream, buf, sizeof buf);

    struct iovec data = {hello, strlen(hello)};
    struct msghdr msg = {.msg_name = udp->ai_addr, .msg_namelen = udp->ai_addrlen, .msg_iov = &data, .msg_iovlen = 1};
    if (sendmsg(dgram, &msg, 0) < 0)
        die("sendmsg");
    answer("UDP echo", dgram, buf, sizeof buf);

    printf("[포트 번호]\n");
    printf("  스트림 소켓 포트번호     = %5u\n", port_of(stream));
    printf("  데이터그램 소켓 포트번호 = %5u\n", port_of(dgram));

    close(dgram);
    close(stream);
    freeaddrinfo(tcp);
    freeaddrinfo(udp);
    return EXIT_SUCCESS;
}
