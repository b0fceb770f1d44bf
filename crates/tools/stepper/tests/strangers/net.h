// What the programs here have in common.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static inline int listener(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(5000)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(s, (struct sockaddr *)&addr, sizeof addr) < 0) {
        perror("bind");
        exit(1);
    }
    listen(s, 5);
    return s;
}

static inline void echo(int c)
{
    char buf[4096];
    ssize_t n;
    while ((n = read(c, buf, sizeof buf)) > 0)
        if (write(c, buf, n) < 0)
            perror("write");
    close(c);
}

// A program has ways to behave; its first argument chooses one.
struct way {
    const char *name;
    void (*does)(void);
};

static inline int behave(const struct way *ways, int argc, char **argv)
{
    for (; ways->name; ways++)
        if (argc > 1 && strcmp(argv[1], ways->name) == 0) {
            ways->does();
            return 0;
        }
    return 2;
}
