// Non-blocking from connect on: poll() says when to write and when to read.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void wait_for(int s, short events)
{
    struct pollfd pfd = {.fd = s, .events = events};

    while (poll(&pfd, 1, -1) < 0)
        if (errno != EINTR)
            fail("poll");
}

int main(int argc, char *argv[])
{
    struct sockaddr_in servaddr = {.sin_family = AF_INET, .sin_port = htons(7)};
    char line[5000], answer[5000];

    if (argc != 2 || inet_aton(argv[1], &servaddr.sin_addr) == 0) {
        fprintf(stderr, "usage: %s IP\n", argv[0]);
        return 1;
    }
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (s < 0)
        fail("socket");
    if (connect(s, (struct sockaddr *)&servaddr, sizeof servaddr) < 0) {
        int error;
        socklen_t len = sizeof error;

        if (errno != EINPROGRESS)
            fail("connect");
        wait_for(s, POLLOUT);
        if (getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
            fail("getsockopt");
        if ((errno = error) != 0)
            fail("connect");
    }

    fputs("입력 : ", stdout);
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL)
        return close(s);

    size_t total = strlen(line), sent = 0, got = 0;
    while (got < total) {
        wait_for(s, sent < total ? POLLIN | POLLOUT : POLLIN);
        if (sent < total) {
            ssize_t n = send(s, line + sent, total - sent, MSG_NOSIGNAL);
            if (n < 0 && errno != EAGAIN)
                fail("send");
            sent += n > 0 ? n : 0;
        }
        ssize_t n = recv(s, answer + got, total - got, 0);
        if (n < 0 && errno != EAGAIN)
            fail("recv");
        if (n == 0) {
            fprintf(stderr, "only %zu of %zu bytes came back\n", got, total);
            return 1;
        }
        got += n > 0 ? n : 0;
    }
    fputs("수신 : ", stdout);
    fwrite(answer, 1, total, stdout);
    fflush(stdout);
    return close(s);
}
