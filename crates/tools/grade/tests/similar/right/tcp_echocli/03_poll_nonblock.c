/*
 * Non-blocking client.  getaddrinfo() only parses the number, poll() waits.
 */
#define _GNU_SOURCE
#include <sys/types.h>
#include <sys/socket.h>
#include <netdb.h>
#include <poll.h>
#include <fcntl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <signal.h>

static char line[4097], answer[4097];

int main(int argc, char **argv)
{
    struct addrinfo hints, *ai;
    struct pollfd p;
    size_t len = 0, sent = 0, got = 0;
    int fd, e, err = 0, c;
    socklen_t el = sizeof err;

    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        fprintf(stderr, "usage: %s IP\n", argv[0]);
        return 2;
    }
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    e = getaddrinfo(argv[1], "7", &hints, &ai);
    if (e != 0) {
        fprintf(stderr, "%s: %s\n", argv[1], gai_strerror(e));
        return 2;
    }
    fd = socket(ai->ai_family, ai->ai_socktype | SOCK_NONBLOCK, ai->ai_protocol);
    if (fd < 0) { perror("socket"); return 1; }
    if (connect(fd, ai->ai_addr, ai->ai_addrlen) < 0) {
        if (errno != EINPROGRESS) { perror("connect"); return 1; }
        p.fd = fd;
        p.events = POLLOUT;
        while (poll(&p, 1, -1) < 0)
            if (errno != EINTR) { perror("poll"); return 1; }
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &el);
        if (err) {
            fprintf(stderr, "connect: %s\n", strerror(err));
            return 1;
        }
    }
    freeaddrinfo(ai);

    printf("입력 : ");
    fflush(stdout);
    while (len < 4096 && (c = getchar()) != EOF) {
        line[len++] = c;
        if (c == '\n')
            break;
    }
    if (len == 0) {
        printf("\n");
        close(fd);
        return 0;
    }

    while (got < len) {
        ssize_t k;
        p.fd = fd;
        p.events = POLLIN;
        if (sent < len)
            p.events |= POLLOUT;
        if (poll(&p, 1, -1) < 0) {
            if (errno == EINTR) continue;
            perror("poll");
            return 1;
        }
        if (p.revents & POLLOUT) {
            k = write(fd, line + sent, len - sent);
            if (k > 0)
                sent += k;
            else if (k < 0 && errno != EAGAIN) { perror("write"); return 1; }
        }
        if (p.revents & (POLLIN | POLLHUP | POLLERR)) {
            k = read(fd, answer + got, len - got);
            if (k > 0)
                got += k;
            else if (k == 0) {
                fprintf(stderr, "connection closed by server\n");
                return 1;
            } else if (errno != EAGAIN) { perror("read"); return 1; }
        }
    }
    printf("수신 : ");
    fwrite(answer, 1, got, stdout);
    fflush(stdout);
    close(fd);
    return 0;
}
