/*
 * tcp_echoserv PORT
 *
 * Compile:  cc -Wall -Wextra -o tcp_echoserv tcp_echoserv.c
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    // TODO arguments: PORT
    if (argc != 2) {
        fprintf(stderr, "usage: tcp_echoserv PORT\n");
        return 1;
    }
    int port = atoi(argv[1]);
    if (port <= 0 || port > 65535) {
        fprintf(stderr, "bad port\n");
        return 1;
    }

    // TODO signal: a client that has gone is an error of write, not the end of the server
    signal(SIGPIPE, SIG_IGN);

    // TODO socket: open a stream socket
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (s == -1) {
        perror("socket");
        return 1;
    }

    // TODO servaddr: any local address, and the port, in network byte order
    struct sockaddr_in servaddr;
    memset(&servaddr, 0, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    servaddr.sin_port = htons(port);
    servaddr.sin_addr.s_addr = htonl(INADDR_ANY);

    // TODO bind: give the socket its address
    if (bind(s, (struct sockaddr *)&servaddr, sizeof(servaddr)) == -1) {
        perror("bind");
        return 1;
    }

    // TODO listen: make the socket passive; 5 clients may wait
    if (listen(s, 5) == -1) {
        perror("listen");
        return 1;
    }

    // TODO accept: take the next client that waits
    for (;;) {
        int c = accept(s, NULL, NULL);
        if (c == -1)
            continue;

        // TODO read, write: echo whatever comes, until the client closes
        char buf[1024];
        int n;
        while ((n = read(c, buf, sizeof(buf))) > 0) {
            int off = 0;
            while (off < n) {
                int w = write(c, buf + off, n - off);
                if (w <= 0)
                    break;
                off += w;
            }
            if (off < n)
                break;
        }

        // TODO close: this client is done, the server goes on
        close(c);
    }
}
