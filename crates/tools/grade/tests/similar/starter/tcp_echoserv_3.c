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

#define CHECK(call) \
    do { \
        if ((call) < 0) { \
            perror(#call); \
            exit(EXIT_FAILURE); \
        } \
    } while (0)

int main(int argc, char *argv[])
{
    int listener, conn;
    struct sockaddr_in mine, peer;
    socklen_t size;
    unsigned short port;
    char data[512];
    FILE *log = stderr;

    // TODO arguments: PORT
    if (argc < 2 || sscanf(argv[1], "%hu", &port) != 1)
        return fputs("tcp_echoserv PORT\n", log), 2;

    // TODO signal: a client that has gone is an error of write, not the end of the server
    struct sigaction ignore;
    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN;
    CHECK(sigaction(SIGPIPE, &ignore, NULL));

    // TODO socket: open a stream socket
    CHECK(listener = socket(AF_INET, SOCK_STREAM, 0));
    int yes = 1;
    CHECK(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes));

    // TODO servaddr: any local address, and the port, in network byte order
    bzero(&mine, sizeof mine);
    mine.sin_port = htons(port);
    mine.sin_family = AF_INET;

    // TODO bind: give the socket its address
    CHECK(bind(listener, (struct sockaddr *)&mine, sizeof mine));
    CHECK(listen(listener, 5));

    // TODO accept: take the next client that waits
next:
    size = sizeof peer;
    conn = accept(listener, (struct sockaddr *)&peer, &size);
    if (conn < 0) {
        perror("accept");
        goto next;
    }
    fprintf(log, "%s:%u\n", inet_ntoa(peer.sin_addr), ntohs(peer.sin_port));
    for (ssize_t n = read(conn, data, sizeof data); n > 0; n = read(conn, data, sizeof data)) {
        ssize_t i, m;
        for (i = 0; i < n && (m = write(conn, &data[i], n - i)) > 0; i += m)
            ;
        if (i != n)
            break;
    }
    close(conn);
    goto next;
}
