// getaddrinfo, a nonblocking connect, poll, recv; says on stderr what it does.
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
}

static void die(const char *what, const char *why)
{
    say("%s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void wait_for(int fd, short events)
{
    struct pollfd pollfd = {.fd = fd, .events = events};
    while (poll(&pollfd, 1, -1) < 0)
        if (errno != EINTR)
            die("poll", strerror(errno));
}

static int connect_to(const struct addrinfo *server)
{
    int fd = socket(server->ai_family, server->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, server->ai_protocol);
    if (fd < 0)
        die("socket", strerror(errno));
    if (connect(fd, server->ai_addr, server->ai_addrlen) < 0 && errno != EINPROGRESS)
        die("connect", strerror(errno));
    wait_for(fd, POLLOUT);

    int error;
    socklen_t len = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        die("getsockopt", strerror(errno));
    if (error != 0)
        die("connect", strerror(error));
    return fd;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        die("usage", "mydaytime IP");

    struct addrinfo *server;
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    int error = getaddrinfo(argv[1], "13", &hints, &server);
    if (error != 0)
        die(argv[1], gai_strerror(error));
    int fd = connect_to(server);
    freeaddrinfo(server);
    say("connected to %s\n", argv[1]);

    char buf[512];
    size_t all = 0;
    for (;;) {
        wait_for(fd, POLLIN);
        ssize_t n = recv(fd, buf, sizeof buf, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n < 0)
            die("recv", strerror(errno));
        if (n == 0)
            break;
        all += n;
        for (ssize_t done = 0, m; done < n; done += m)
            if ((m = write(STDOUT_FILENO, buf + done, n - done)) < 0)
                die("write", strerror(errno));
    }
    say("%zu bytes\n", all);

    shutdown(fd, SHUT_RDWR);
    close(fd);
    return EXIT_SUCCESS;
}
