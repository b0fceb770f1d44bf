/* a socket that never blocks, poll, and all that waits at each turn */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static char datagram[1 << 16];

static bool echo_one(int sock)
{
    struct sockaddr_in peer;
    socklen_t peerlen = sizeof peer;
    ssize_t size = recvfrom(sock, datagram, sizeof datagram, MSG_DONTWAIT, (struct sockaddr *)&peer, &peerlen);

    if (size < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            perror("recvfrom");
        return false;
    }
    printf("%s:%d %zd bytes\n", inet_ntoa(peer.sin_addr), ntohs(peer.sin_port), size);

    while (sendto(sock, datagram, size, 0, (struct sockaddr *)&peer, peerlen) < 0) {
        struct pollfd room = {.fd = sock, .events = POLLOUT};
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            perror("sendto");
            break;
        }
        poll(&room, 1, -1);
    }
    return true;
}

int main(int argc, char *argv[])
{
    if (argc < 2)
        return fputs("udp_echoserv PORT\n", stderr), EXIT_FAILURE;

    char extra;
    unsigned port;
    if (sscanf(argv[1], "%5u%c", &port, &extra) != 1 || port > 65535)
        return fprintf(stderr, "%s is no port\n", argv[1]), EXIT_FAILURE;

    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
    int sock = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (sock < 0 || bind(sock, (struct sockaddr *)&here, sizeof here) < 0)
        return perror("bind"), EXIT_FAILURE;
    printf("waiting on port %s\n", argv[1]);

    for (;;) {
        struct pollfd news = {.fd = sock, .events = POLLIN};
        if (poll(&news, 1, -1) < 0 && errno != EINTR)
            return perror("poll"), EXIT_FAILURE;
        while (echo_one(sock))
            ;
        fflush(stdout);
    }
}
