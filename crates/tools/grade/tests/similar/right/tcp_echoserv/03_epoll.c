/* many clients at once: epoll, non-blocking, one buffer per client */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <errno.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/in.h>

enum { CAP = 16384 };
struct client { int fd; size_t head, len; int eof; char data[CAP]; };

static int ep;

static void drop(struct client *c)
{
    close(c->fd);
    free(c);
}

static void watch(struct client *c)
{
    struct epoll_event e = { .data.ptr = c };
    if (!c->eof && c->len == 0) e.events |= EPOLLIN;
    if (c->len) e.events |= EPOLLOUT;
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
}

/* 0: alive, -1: drop */
static int step(struct client *c)
{
    ssize_t n;
    if (c->len == 0) {
        n = recv(c->fd, c->data, CAP, 0);
        if (n == 0) return -1;
        if (n < 0) return (errno == EAGAIN || errno == EINTR) ? 0 : -1;
        c->head = 0; c->len = n;
    }
    while (c->len) {
        n = send(c->fd, c->data + c->head, c->len, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN) break;
            return -1;
        }
        c->head += n; c->len -= n;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    char *end; long port; int ls; struct sockaddr_in a = { 0 };
    if (argc < 2) { fprintf(stderr, "need PORT\n"); return 1; }
    errno = 0;
    port = strtol(argv[1], &end, 10);
    if (errno || *argv[1] < '0' || *argv[1] > '9' || *end || port <= 0 || port >= 65536) {
        fprintf(stderr, "no port number: %s\n", argv[1]); return 1;
    }
    ls = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    a.sin_family = AF_INET; a.sin_port = htons((unsigned short)port); a.sin_addr.s_addr = INADDR_ANY;
    if (ls < 0 || bind(ls, (void *)&a, sizeof a) < 0 || listen(ls, 5) < 0) { perror("listen socket"); return 1; }
    ep = epoll_create1(0);
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = NULL };
    if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, ls, &e) < 0) { perror("epoll"); return 1; }
    for (;;) {
        struct epoll_event ev[32];
        int n = epoll_wait(ep, ev, 32, -1);
        for (int i = 0; i < n; i++) {
            struct client *c = ev[i].data.ptr;
            if (c) {
                if (step(c) < 0) drop(c); else watch(c);
                continue;
            }
            int fd = accept4(ls, NULL, NULL, SOCK_NONBLOCK);
            if (fd < 0) { if (errno != EAGAIN) { perror("accept"); usleep(5000); } continue; }
            c = calloc(1, sizeof *c);
            if (!c) { close(fd); continue; }
            c->fd = fd;
            e.events = EPOLLIN; e.data.ptr = c;
            if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) < 0) drop(c);
        }
    }
}
