#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "resolve.h"

int resolve(const void *four_bytes, char *name, size_t room)
{
    int sv[2], st;
    ssize_t n;
    size_t have = 0;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) < 0 || (pid = fork()) < 0) {
        perror("socketpair/fork");
        return -1;
    }
    if (pid == 0) {
        struct hostent *h = gethostbyaddr(four_bytes, 4, AF_INET);
        close(sv[0]);
        if (!h) _exit(1);
        n = write(sv[1], h->h_name, strlen(h->h_name));
        _exit(n == (ssize_t)strlen(h->h_name) ? 0 : 2);
    }
    close(sv[1]);
    while (have < room - 1 && (n = read(sv[0], name + have, room - 1 - have)) > 0)
        have += n;
    name[have] = 0;
    close(sv[0]);
    if (waitpid(pid, &st, 0) < 0 || !WIFEXITED(st) || WEXITSTATUS(st) != 0)
        return -1;
    return 0;
}
