#include "peer.h"

#include <err.h>
#include <netdb.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer peer_open(const char *ip, const char *port)
{
    const struct addrinfo hints = {
        .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *addr;
    struct peer peer;
    int e = getaddrinfo(ip, port, &hints, &addr);

    if (e)
        errx(1, "%s port %s: %s", ip, port, gai_strerror(e));
    peer.sock = socket(addr->ai_family, addr->ai_socktype, addr->ai_protocol);
    if (peer.sock < 0)
        err(1, "socket");
    if (connect(peer.sock, addr->ai_addr, addr->ai_addrlen))
        err(1, "connect");
    freeaddrinfo(addr);
    return peer;
}

void peer_tell(struct peer peer, const void *data, size_t size)
{
    if (write(peer.sock, data, size) < 0)
        err(1, "write");
}

ssize_t peer_hear(struct peer peer, void *data, size_t room)
{
    struct timeval patience = {.tv_sec = 10};
    fd_set readable;
    ssize_t n;

    FD_ZERO(&readable);
    FD_SET(peer.sock, &readable);
    switch (select(peer.sock + 1, &readable, NULL, NULL, &patience)) {
    case -1:
        err(1, "select");
    case 0:
        errx(1, "no answer");
    }
    n = read(peer.sock, data, room);
    if (n < 0)
        err(1, "read");
    return n;
}

void peer_forget(struct peer peer)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

    if (connect(peer.sock, &nobody, sizeof(nobody)))
        err(1, "connect(AF_UNSPEC)");
    if (close(peer.sock))
        err(1, "close");
}
