/* What all hostile submissions here share. All of a submission's processes carry the test's mark as their name, so that the
 * test finds those that are left, with a byte that is no UTF-8, over which nobody may stumble; and each has an end of its
 * own, should the grader have none for it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MARK /* the test says it in mark.h */
#include "mark.h"
#endif

__attribute__((constructor)) static void mark(void)
{
    struct rlimit cpu = {100, 100};

    prctl(PR_SET_NAME, MARK "\xff");
    setrlimit(RLIMIT_CPU, &cpu);
    alarm(900);
}

/* The port, or the end: what is no port gets no attack. */
__attribute__((unused)) static int port_of(int argc, char *argv[])
{
    int port = argc > 1 ? atoi(argv[1]) : 0;

    if (port < 1 || port > 65535)
        exit(1);
    return port;
}

/* Makes memory be there; a compiler leaves out a memset that nobody looks at. */
__attribute__((unused)) static void touch(volatile char *p, size_t n)
{
    for (size_t i = 0; p && i < n; i += 4096)
        p[i] = 1;
}

/* A listening socket. */
__attribute__((unused)) static int listening(int port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
    int s = socket(AF_INET, SOCK_STREAM, 0);

    if (bind(s, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(s, 5) < 0)
        exit(1);
    return s;
}

/* Echoes, one client after the other. */
__attribute__((unused)) static void serve(int s)
{
    char buf[4096];
    ssize_t n, done, w;

    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        int c = accept(s, NULL, NULL);
        if (c < 0)
            continue;
        while ((n = read(c, buf, sizeof(buf))) > 0)
            for (done = 0; done < n; done += w)
                if ((w = write(c, buf + done, n - done)) < 0)
                    break;
        close(c);
    }
}

/* A connection with the slides' echo server. */
__attribute__((unused)) static int connected(int argc, char *argv[])
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(7)};
    int s = socket(AF_INET, SOCK_STREAM, 0);

    if (argc < 2 || inet_pton(AF_INET, argv[1], &addr.sin_addr) != 1
        || connect(s, (struct sockaddr *)&addr, sizeof(addr)) < 0)
        exit(1);
    return s;
}
