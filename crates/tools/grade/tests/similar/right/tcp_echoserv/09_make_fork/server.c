#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include <sys/wait.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include "child.h"

static void reap(int s)
{
    int e = errno;
    (void)s;
    while (waitpid(-1, NULL, WNOHANG) > 0) ;
    errno = e;
}

int main(int argc, char **argv)
{
    struct sigaction sa;
    struct sockaddr_in a;
    int l, c;
    char *e;
    long p;

    if (argc != 2 || (p = strtol(argv[1], &e, 10), e == argv[1]) || *e || p < 1 || p > 65535) {
        fprintf(stderr, "usage: tcp_echoserv PORT\n");
        exit(EXIT_FAILURE);
    }
    memset(&sa, 0, sizeof sa);
    sa.sa_handler = reap;                  /* no SA_RESTART: accept may give EINTR */
    sigaction(SIGCHLD, &sa, NULL);
    l = socket(AF_INET, SOCK_STREAM, 0);
    if (l < 0) { perror("socket"); exit(1); }
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons(p);
    if (bind(l, (struct sockaddr *)&a, sizeof a)) { perror("bind"); exit(1); }
    if (listen(l, 5)) { perror("listen"); exit(1); }
    for (;;) {
        c = accept(l, NULL, NULL);
        if (c < 0) {
            if (errno != EINTR) { perror("accept"); usleep(10000); }
            continue;
        }
        switch (fork()) {
        case 0:
            close(l);
            child(c);
            close(c);
            _exit(0);
        case -1:
            perror("fork");
            child(c);
            /* fall through */
        default:
            close(c);
        }
    }
}
