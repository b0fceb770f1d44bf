// getaddrinfo with AI_NUMERICHOST, unbuffered output with write loops, 5-byte buffer
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool put(const char *p, size_t n)
{
    while (n > 0) {
        ssize_t w = write(STDOUT_FILENO, p, n);
        if (w < 0 && errno == EINTR) continue;
        if (w < 0) return false;
        p += w;
        n -= (size_t)w;
    }
    return true;
}

static int dial(const char *ip)
{
    struct addrinfo hint = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
    struct addrinfo *ai;
    int err, fd;

    if ((err = getaddrinfo(ip, "13", &hint, &ai))) {
        fprintf(stderr, "mydaytime: %s: %s\n", ip, gai_strerror(err));
        return -1;
    }
    fd = socket(ai->ai_family, ai->ai_socktype, ai->ai_protocol);
    if (fd >= 0 && connect(fd, ai->ai_addr, ai->ai_addrlen) < 0) {
        int e = errno;
        close(fd);
        errno = e;
        fd = -1;
    }
    if (fd < 0) fprintf(stderr, "mydaytime: connect %s: %s\n", ip, strerror(errno));
    freeaddrinfo(ai);
    return fd;
}

int main(int argc, char **argv)
{
    if (argc < 2) { fputs("mydaytime: which IP?\n", stderr); return 64; }
    int fd = dial(argv[1]), status = EXIT_SUCCESS;
    if (fd < 0) return EXIT_FAILURE;
    for (;;) {
        char b[5];
        ssize_t n = recv(fd, b, sizeof b, 0);
        if (n == 0) break;
        if (n < 0) {
            if (errno == EINTR) continue;
            perror("mydaytime: recv");
            status = EXIT_FAILURE;
            break;
        }
        if (!put(b, (size_t)n)) { perror("mydaytime: write"); status = EXIT_FAILURE; break; }
    }
    close(fd);
    return status;
}
