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

static void error(const char *name)
{
    fprintf(stderr, "%s: %s\n", name, strerror(errno));
    exit(1);
}

static int echo(int client)
{
    char buffer[4096];

    while (1) {
        ssize_t got = recv(client, buffer, sizeof buffer, 0);
        if (got == 0)
            return 0;
        if (got < 0)
            return -1;
        char *from = buffer;
        while (got) {
            ssize_t put = send(client, from, got, MSG_NOSIGNAL);
            if (put < 0)
                return -1;
            from += put;
            got -= put;
        }
    }
}

int main(int argc, char *argv[])
{
    char *end = NULL;
    long port = 0;

    // arguments: PORT
    if (argc == 2)
        port = strtol(argv[1], &end, 10);
    if (end == NULL || *end || port < 1 || port > 65535) {
        printf("PORT, please\n");
        exit(1);
    }

    // socket: open a stream socket
    int server = socket(PF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (server < 0)
        error("socket");

    // servaddr: any local address, and the port, in network byte order
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {INADDR_ANY}};

    // bind: give the socket its address
    int result = bind(server, (void *)&address, sizeof address);
    if (result < 0)
        error("bind");
    result = listen(server, 5);
    if (result < 0)
        error("listen");

    int client;
    while ((client = accept(server, NULL, NULL)) >= 0 || errno == ECONNABORTED || errno == EINTR) {
        if (client < 0)
            continue;
        if (echo(client) < 0)
            perror("client");
        close(client);
    }
    error("accept");
}
