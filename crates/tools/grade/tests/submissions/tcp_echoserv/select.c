/* select(): whoever has sent something is read once and gets it back. */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

static char buf[2048];

/* Back goes all of it; 0 when the client has left. */
static int answer(int s)
{
    ssize_t n = read(s, buf, sizeof buf), sent, all;

    if (n <= 0)
        return 0;
    for (all = 0; all < n; all += sent)
        if ((sent = write(s, buf + all, n - all)) < 0)
            return 0;
    return 1;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in servaddr = {.sin_family = AF_INET};
    fd_set all, ready;
    char *end;
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    int listen_sock, maxfd, s;

    if (port < 1 || port > 65535 || *end) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    servaddr.sin_port = htons(port);
    listen_sock = socket(PF_INET, SOCK_STREAM, 0);
    if (bind(listen_sock, (struct sockaddr *)&servaddr, sizeof servaddr) < 0 || listen(listen_sock, 5) < 0) {
        perror("tcp_echoserv");
        return 1;
    }
    FD_ZERO(&all);
    FD_SET(listen_sock, &all);
    maxfd = listen_sock;
    while (1) {
        ready = all;
        if (select(maxfd + 1, &ready, NULL, NULL, NULL) < 0) {
            perror("select");
            continue;
        }
        for (s = 0; s <= maxfd; s++) {
            if (s == listen_sock || !FD_ISSET(s, &ready) || answer(s))
                continue;
            close(s);
            FD_CLR(s, &all);
        }
        if (FD_ISSET(listen_sock, &ready)) {
            if ((s = accept(listen_sock, NULL, NULL)) < 0 || s >= FD_SETSIZE) {
                perror("accept");
                if (s >= 0)
                    close(s);
                continue;
            }
            FD_SET(s, &all);
            if (s > maxfd)
                maxfd = s;
        }
    }
}
