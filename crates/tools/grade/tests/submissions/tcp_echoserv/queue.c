/* select() and non-blocking sockets: reads while there is room in a client's queue, writes what is in it, also after the client's FIN. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 64
#define ROOM (1 << 20)

struct client {
    int fd, fin;
    size_t n;
    char queue[ROOM];
};

static struct client clients[MOST];
static int count;

static int later(void)
{
    return errno == EAGAIN || errno == EINTR;
}

/* 0: there is nothing more to do for it */
static int flush(struct client *c)
{
    ssize_t n = send(c->fd, c->queue, c->n, MSG_NOSIGNAL);
    if (n < 0)
        return later();
    c->n -= n;
    memmove(c->queue, c->queue + n, c->n);
    return c->n > 0 || !c->fin;
}

static int fill(struct client *c)
{
    ssize_t n = recv(c->fd, c->queue + c->n, ROOM - c->n, 0);
    if (n < 0)
        return later();
    c->fin = n == 0;
    c->n += n;
    return c->n > 0 || !c->fin;
}

int main(int argc, char **argv)
{
    char *end = "?";
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (*end != '\0' || port < 1 || port > 65535) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 1;
    }
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&addr, sizeof addr) < 0 || listen(listener, 16) < 0) {
        perror(argv[0]);
        return 1;
    }
    fcntl(listener, F_SETFL, O_NONBLOCK);

    for (;;) {
        fd_set in, out;
        int most = listener;
        FD_ZERO(&in);
        FD_ZERO(&out);
        if (count < MOST)
            FD_SET(listener, &in);
        for (int i = 0; i < count; i++) {
            struct client *c = &clients[i];
            if (!c->fin && c->n < ROOM)
                FD_SET(c->fd, &in);
            if (c->n > 0)
                FD_SET(c->fd, &out);
            if (c->fd > most)
                most = c->fd;
        }
        if (select(most + 1, &in, &out, NULL, NULL) < 0)
            continue;
        for (int i = count - 1; i >= 0; i--) {
            struct client *c = &clients[i];
            int goes_on = 1;
            if (FD_ISSET(c->fd, &in))
                goes_on = fill(c);
            if (goes_on && FD_ISSET(c->fd, &out))
                goes_on = flush(c);
            if (!goes_on) {
                struct client *last = &clients[--count];
                close(c->fd);
                c->fd = last->fd;
                c->fin = last->fin;
                c->n = last->n;
                memmove(c->queue, last->queue, last->n);
            }
        }
        if (FD_ISSET(listener, &in)) {
            int fd = accept(listener, NULL, NULL);
            if (fd < 0)
                continue;
            fcntl(fd, F_SETFL, O_NONBLOCK);
            clients[count].fd = fd;
            clients[count].fin = clients[count].n = 0;
            count++;
        }
    }
}
