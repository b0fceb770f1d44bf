/* getaddrinfo + poll, gives up after 10 seconds */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <netdb.h>
#include <poll.h>
#include <sys/types.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    char line[4097], answer[4096];
    size_t n = 0;
    ssize_t r;
    int c, fd, e;
    struct addrinfo hints, *res;
    struct pollfd pfd;

    if (argc != 2) {
        printf("usage: %s IP\n", argv[0]);
        return 1;
    }
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = AI_NUMERICHOST;
    if ((e = getaddrinfo(argv[1], "7", &hints, &res)) != 0) {
        printf("%s: %s\n", argv[1], gai_strerror(e));
        return 1;
    }
    fd = socket(res->ai_family, res->ai_socktype, res->ai_protocol);
    if (fd < 0) {
        perror("socket");
        return 1;
    }

    printf("입력 : ");
    fflush(stdout);
    while (n < 4096) {
        if ((c = getchar()) == EOF)
            break;
        line[n++] = c;
        if (c == '\n')
            break;
    }
    if (n == 0) {
        close(fd);
        return 0;
    }

    if (sendto(fd, line, n, 0, res->ai_addr, res->ai_addrlen) != (ssize_t)n) {
        perror("sendto");
        return 1;
    }
    freeaddrinfo(res);

    pfd.fd = fd;
    pfd.events = POLLIN;
    e = poll(&pfd, 1, 10 * 1000);
    if (e < 0) {
        perror("poll");
        return 1;
    }
    if (e == 0) {
        printf("no answer\n");
        return 1;
    }
    r = recvfrom(fd, answer, sizeof answer, 0, NULL, NULL);
    if (r < 0) {
        perror("recvfrom");
        return 1;
    }
    printf("수신 : ");
    for (ssize_t i = 0; i < r; i++)
        putchar(answer[i]);
    fflush(stdout);
    close(fd);
    return 0;
}
