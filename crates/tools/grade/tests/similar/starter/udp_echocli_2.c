/*
 * udp_echocli IP
 *
 * Compile:  cc -Wall -Wextra -o udp_echocli udp_echocli.c
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
enum { ECHO = 7 };

static struct sockaddr_in address_of(const char *text)
{
    struct sockaddr_in it = {.sin_family = AF_INET, .sin_port = htons(ECHO)};
    if (inet_aton(text, &it.sin_addr))
        return it;
    fputs("not an address\n", stderr);
    exit(2);
}

static void check(int failed, const char *what)
{
    if (!failed)
        return;
    perror(what);
    exit(3);
}

int main(int argc, char *argv[])
{
    if (argc < 2)
        exit(2);
    struct sockaddr_in to = address_of(argv[1]), from;
    socklen_t length = sizeof from;
    size_t used = 0;
    ssize_t n;
    char text[65536];
    int c, sock = socket(PF_INET, SOCK_DGRAM, IPPROTO_UDP);
    check(sock < 0, "socket");

    fputs("입력 : ", stdout);
    fflush(stdout);
    while (used < sizeof text && (c = getchar()) != EOF) {
        text[used++] = c;
        if (c == '\n')
            break;
    }
    if (used == 0)
        return 0;
    n = sendto(sock, text, used, 0, (void *)&to, sizeof to);
    check(n < 0, "sendto");
    do {
        n = recvfrom(sock, text, sizeof text, 0, (void *)&from, &length);
        check(n < 0 && errno != EINTR, "recvfrom");
    } while (n < 0 || from.sin_addr.s_addr != to.sin_addr.s_addr);
    fputs("수신 : ", stdout);
    fwrite(text, n, 1, stdout);
    check(fflush(stdout) != 0, "stdout");
    return 0;
}
