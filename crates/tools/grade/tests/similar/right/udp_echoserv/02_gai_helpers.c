// C99, getaddrinfo, helper functions, heap buffer of exactly the largest datagram
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_DGRAM 65507u

static bool is_port(const char *s)
{
    unsigned v = 0;
    if (!*s) return false;
    do {
        if (*s < '0' || *s > '9') return false;
        v = v * 10 + (unsigned)(*s - '0');
        if (v > 65535) return false;
    } while (*++s);
    return v != 0;
}

static int open_udp(const char *service)
{
    struct addrinfo h, *list, *p;
    memset(&h, 0, sizeof h);
    h.ai_family = AF_INET;
    h.ai_socktype = SOCK_DGRAM;
    h.ai_flags = AI_PASSIVE;
    int e = getaddrinfo(NULL, service, &h, &list);
    if (e != 0) {
        fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(e));
        return -1;
    }
    int fd = -1;
    for (p = list; p; p = p->ai_next) {
        fd = socket(p->ai_family, p->ai_socktype, p->ai_protocol);
        if (fd < 0) continue;
        if (bind(fd, p->ai_addr, p->ai_addrlen) == 0) break;
        perror("bind");
        close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    return fd;
}

static void bounce(int fd, unsigned char *mem)
{
    struct sockaddr_storage from;
    socklen_t fl = sizeof from;
    ssize_t n, m;
    while ((n = recvfrom(fd, mem, MAX_DGRAM, 0, (struct sockaddr *)&from, &fl)) == -1 && errno == EINTR)
        fl = sizeof from;
    if (n < 0) return;
    do
        m = sendto(fd, mem, (size_t)n, 0, (struct sockaddr *)&from, fl);
    while (m < 0 && errno == EINTR);
}

int main(int argc, char **argv)
{
    if (argc < 2 || !is_port(argv[1])) { puts("udp_echoserv: PORT please"); return EXIT_FAILURE; }
    int fd = open_udp(argv[1]);
    unsigned char *mem = malloc(MAX_DGRAM);
    if (fd < 0 || !mem) return EXIT_FAILURE;
    for (;;) bounce(fd, mem);
}
