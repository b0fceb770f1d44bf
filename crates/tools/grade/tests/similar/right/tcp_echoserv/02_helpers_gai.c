// getaddrinfo, many helpers
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ctype.h>
#include <unistd.h>
#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>

#define BACKLOG 5
#define SAY(...) do { fprintf(stderr, __VA_ARGS__); fputc('\n', stderr); } while (0)

static int valid_port(const char *s)
{
    size_t l = strlen(s);
    if (l < 1 || l > 5) return 0;
    for (size_t i = 0; i < l; i++) if (!isdigit((unsigned char)s[i])) return 0;
    long v = strtol(s, NULL, 10);
    return v >= 1 && v <= 65535;
}

static int make_listener(const char *port)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *res;
    int rc = getaddrinfo(NULL, port, &hints, &res), fd, one = 1;
    if (rc) { SAY("getaddrinfo: %s", gai_strerror(rc)); return -1; }
    fd = socket(res->ai_family, res->ai_socktype, res->ai_protocol);
    if (fd < 0) { SAY("socket: %s", strerror(errno)); freeaddrinfo(res); return -1; }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, res->ai_addr, res->ai_addrlen) || listen(fd, BACKLOG)) {
        SAY("bind/listen: %s", strerror(errno));
        close(fd); fd = -1;
    }
    freeaddrinfo(res);
    return fd;
}

static int send_all(int fd, const unsigned char *p, size_t n)
{
    while (n) {
        ssize_t w = send(fd, p, n, MSG_NOSIGNAL);
        if (w < 0) { if (errno == EINTR) continue; return -1; }
        p += w; n -= w;
    }
    return 0;
}

static void serve(int fd)
{
    unsigned char b[7];              /* small on purpose */
    ssize_t n;
    for (;;) {
        n = recv(fd, b, sizeof b, 0);
        if (n == 0) return;
        if (n < 0) { if (errno == EINTR) continue; SAY("recv: %s", strerror(errno)); return; }
        if (send_all(fd, b, n) < 0) { SAY("send: %s", strerror(errno)); return; }
    }
}

int main(int argc, char **argv)
{
    if (argc != 2 || !valid_port(argv[1])) { SAY("usage: tcp_echoserv PORT"); return 2; }
    int l = make_listener(argv[1]);
    if (l < 0) return EXIT_FAILURE;
    while (1) {
        struct sockaddr_storage peer; socklen_t pl = sizeof peer;
        int c = accept(l, (struct sockaddr *)&peer, &pl);
        if (c == -1) { SAY("accept: %s", strerror(errno)); usleep(20000); continue; }
        serve(c);
        close(c);
    }
}
