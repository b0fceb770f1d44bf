/* getaddrinfo, non-blocking socket, poll */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char line[4096], answer[4096];

int main(int argc, char **argv)
{
    struct addrinfo h = { .ai_flags = AI_NUMERICHOST, .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM }, *ai;
    struct sockaddr_storage none = { .ss_family = AF_UNSPEC };
    struct pollfd p;
    ssize_t n = 0;
    int c = 0, e;

    if (argc != 2) {
        fputs("usage: connected_udp IP\n", stderr);
        return 1;
    }
    if ((e = getaddrinfo(argv[1], "7", &h, &ai))) {
        fprintf(stderr, "%s: %s\n", argv[1], gai_strerror(e));
        return 1;
    }
    p.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p.fd < 0 || connect(p.fd, ai->ai_addr, ai->ai_addrlen) < 0) {
        perror("connect");
        return 1;
    }
    freeaddrinfo(ai);

    printf("입력 : ");
    fflush(stdout);
    while (c != '\n' && n < (ssize_t)sizeof line && (c = getchar()) != EOF)
        line[n++] = (char)c;
    if (n > 0) {
        if (send(p.fd, line, n, 0) < 0) {
            perror("send");
            return 1;
        }
        for (;;) {
            p.events = POLLIN;
            if (poll(&p, 1, -1) < 0 && errno != EINTR) {
                perror("poll");
                return 1;
            }
            n = recv(p.fd, answer, sizeof answer, 0);
            if (n >= 0)
                break;
            if (errno == EAGAIN || errno == EINTR)
                continue;
            perror("recv");         /* ECONNREFUSED */
            return 1;
        }
        printf("수신 : ");
        if (n)
            fwrite(answer, n, 1, stdout);
    }
    if (connect(p.fd, (struct sockaddr *)&none, sizeof none) < 0) {
        perror("connect AF_UNSPEC");
        return 1;
    }
    close(p.fd);
    fflush(stdout);
    return 0;
}
