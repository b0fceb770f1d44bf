// One process, many clients: poll() and non-blocking sockets. A client is read again once its bytes are written.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CLIENTS 100
#define BUF_SIZE 65536

struct client {
    ssize_t len, off;
    char buf[BUF_SIZE];
};

static struct pollfd fds[1 + MAX_CLIENTS]; // fds[0] listens
static struct client *clients[1 + MAX_CLIENTS];

static int try_later(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

// Reads or writes once. Returns 0 when the client is done.
static int serve(struct pollfd *pfd, struct client *c)
{
    if (c->off == c->len) {
        ssize_t n = read(pfd->fd, c->buf, BUF_SIZE);
        if (n == 0 || (n < 0 && !try_later()))
            return 0;
        c->len = n > 0 ? n : 0;
        c->off = 0;
    }
    if (c->off < c->len) {
        ssize_t n = write(pfd->fd, c->buf + c->off, c->len - c->off);
        if (n < 0 && !try_later())
            return 0;
        c->off += n > 0 ? n : 0;
    }
    pfd->events = c->off < c->len ? POLLOUT : POLLIN;
    return 1;
}

int main(int argc, char **argv)
{
    char *end;
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (port < 1 || port > 65535 || *end != '\0') {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 1;
    }
    struct sockaddr_in servaddr = {.sin_family = AF_INET, .sin_port = htons(port)};
    int listen_sock = socket(PF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listen_sock < 0 || bind(listen_sock, (struct sockaddr *)&servaddr, sizeof servaddr) < 0 ||
        listen(listen_sock, 5) < 0) {
        perror("tcp_echoserv");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);

    int nclients = 0;
    fds[0].fd = listen_sock;
    for (;;) {
        fds[0].events = nclients < MAX_CLIENTS ? POLLIN : 0;
        if (poll(fds, 1 + nclients, -1) < 0) {
            perror("poll");
            continue;
        }
        for (int i = nclients; i > 0; i--) {
            if (fds[i].revents == 0 || serve(&fds[i], clients[i]))
                continue;
            close(fds[i].fd);
            free(clients[i]);
            fds[i] = fds[nclients];
            clients[i] = clients[nclients];
            nclients--;
        }
        if (fds[0].revents & POLLIN) {
            int accp_sock = accept4(listen_sock, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            struct client *c = calloc(1, sizeof *c);
            if (accp_sock < 0 || c == NULL) {
                if (!try_later())
                    perror("accept");
                if (accp_sock >= 0)
                    close(accp_sock);
                free(c);
                continue;
            }
            nclients++;
            fds[nclients].fd = accp_sock;
            fds[nclients].events = POLLIN;
            clients[nclients] = c;
        }
    }
}
