/* getaddrinfo instead of inet_pton, getline instead of fgets, poll for a lost answer, and a log on stderr */
#define _GNU_SOURCE
#include <err.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

static struct addrinfo *resolve(const char *ip)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST};
    struct addrinfo *found;
    int e = getaddrinfo(ip, "7", &hints, &found);

    if (e != 0)
        errx(2, "%s: %s", ip, gai_strerror(e));
    return found;
}

static void who_answered(const struct sockaddr_storage *from, socklen_t len)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (getnameinfo((const struct sockaddr *)from, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        warnx("answer from %s port %s", host, port);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        errx(2, "which address?");
    struct addrinfo *server = resolve(argv[1]);
    int sock = socket(server->ai_family, server->ai_socktype, server->ai_protocol);
    if (sock == -1)
        err(1, "socket");

    puts("UDP echo client. One line, please.");
    fputs("입력 : ", stdout);
    fflush(stdout);
    char *line = NULL;
    size_t room = 0;
    ssize_t length = getline(&line, &room, stdin);
    if (length == -1) {
        if (ferror(stdin))
            err(1, "getline");
        return EXIT_SUCCESS;
    }

    if (sendto(sock, line, (size_t)length, 0, server->ai_addr, server->ai_addrlen) != length)
        err(1, "sendto");
    free(line);
    freeaddrinfo(server);

    struct pollfd answer = {.fd = sock, .events = POLLIN};
    switch (poll(&answer, 1, PATIENCE_MS)) {
    case -1:
        err(1, "poll");
    case 0:
        errx(1, "no answer");
    }
    static char reply[65536];
    struct sockaddr_storage from;
    socklen_t fromlen = sizeof(from);
    length = recvfrom(sock, reply, sizeof(reply), 0, (struct sockaddr *)&from, &fromlen);
    if (length == -1)
        err(1, "recvfrom");
    who_answered(&from, fromlen);
    fputs("수신 : ", stdout);
    if (fwrite(reply, 1, (size_t)length, stdout) != (size_t)length || fflush(stdout) != 0)
        err(1, "stdout");
    printf("\n%zd bytes. Bye.\n", length);
    if (close(sock) == -1)
        err(1, "close");
    return EXIT_SUCCESS;
}
