#include "net.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int net_open(const char *ip, int port)
{
    struct sockaddr_in sa;
    int fd, one = 1;

    memset(&sa, 0, sizeof sa);
    sa.sin_family = AF_INET;
    sa.sin_port = htons(port);
    if (inet_pton(AF_INET, ip, &sa.sin_addr) != 1) {
        fprintf(stderr, "'%s': no address\n", ip);
        return -1;
    }
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) {
        perror("socket");
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&sa, sizeof sa) < 0) {
        perror("connect");
        close(fd);
        return -1;
    }
    return fd;
}

/* sends in little pieces, and takes what has come between them */
int net_exchange(int fd, const char *line, size_t len, char *answer)
{
    size_t sent = 0, got = 0;
    int ep = epoll_create1(0);
    struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT, .data.fd = fd };

    if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) < 0) {
        perror("epoll");
        return -1;
    }
    while (got < len) {
        int n = epoll_wait(ep, &ev, 1, -1);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            perror("epoll_wait");
            return -1;
        }
        if (ev.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
            ssize_t r = recv(fd, answer + got, len - got, 0);
            if (r < 0) {
                perror("recv");
                return -1;
            }
            if (r == 0) {
                fprintf(stderr, "closed by the server: %zu of %zu\n", got, len);
                return -1;
            }
            got += r;
        } else if (sent < len && (ev.events & EPOLLOUT)) {
            size_t m = len - sent > 100 ? 100 : len - sent;
            ssize_t w = send(fd, line + sent, m, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (w < 0) {
                if (errno == EAGAIN)
                    continue;
                perror("send");
                return -1;
            }
            sent += w;
            if (sent == len) {
                ev.events = EPOLLIN;
                ev.data.fd = fd;
                epoll_ctl(ep, EPOLL_CTL_MOD, fd, &ev);
            }
        }
    }
    close(ep);
    return 0;
}
