/* select(): whoever has something to say is served */
#include "echoserv.h"
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    fd_set all, ready;
    int listen_sock, max, fd, i, port = 0;

    for (i = 0; argc == 2 && isdigit((unsigned char)argv[1][i]) && port <= 65535; i++)
        port = 10 * port + argv[1][i] - '0';
    if (argc != 2 || argv[1][i] != '\0' || port < 1 || port > 65535) {
        fprintf(stderr, "usage: tcp_echoserv PORT\n");
        return 1;
    }
    if ((listen_sock = open_server(port)) < 0)
        return 1;
    signal(SIGPIPE, SIG_IGN);

    FD_ZERO(&all);
    FD_SET(listen_sock, &all);
    max = listen_sock;
    while (1) {
        ready = all;
        if (select(max + 1, &ready, NULL, NULL, NULL) < 0) {
            perror("select");
            continue;
        }
        for (fd = 0; fd <= max; fd++) {
            if (!FD_ISSET(fd, &ready))
                continue;
            if (fd != listen_sock) {
                if (!echo_once(fd)) {
                    FD_CLR(fd, &all);
                    close(fd);
                }
                continue;
            }
            int accp_sock = accept(listen_sock, NULL, NULL);
            if (accp_sock < 0) {
                perror("accept");
            } else if (accp_sock >= FD_SETSIZE) {
                close(accp_sock);
            } else {
                FD_SET(accp_sock, &all);
                if (accp_sock > max)
                    max = accp_sock;
            }
        }
    }
}
