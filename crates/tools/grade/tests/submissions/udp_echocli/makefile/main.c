#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echo.h"

static char buf[65536];

static void say(const char *text)
{
    (void)!write(STDOUT_FILENO, text, strlen(text));
}

static ssize_t read_line(void)
{
    ssize_t length = 0;

    while (length < (ssize_t)sizeof(buf)) {
        ssize_t n = read(STDIN_FILENO, buf + length, 1);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n == 0 || (n == 1 && buf[length++] == '\n'))
            break;
    }
    return length;
}

static int write_all(const char *data, ssize_t length)
{
    while (length > 0) {
        ssize_t n = write(STDOUT_FILENO, data, length);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0) {
            data += n;
            length -= n;
        }
    }
    return 0;
}

static int complain(const char *what)
{
    perror(what);
    return 1;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(7)};
    ssize_t n;
    int s;

    if (argc != 2 || !inet_aton(argv[1], &server.sin_addr)) {
        fputs("usage: udp_echocli IP\n", stderr);
        return 2;
    }
    if ((s = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP)) < 0)
        return complain("socket");

    say("입력 : ");
    n = read_line();
    if (n < 0)
        return complain("read");
    if (n > 0) {
        if (put(s, buf, n, &server) < 0)
            return complain("sendto");
        if ((n = take(s, buf, sizeof(buf))) < 0)
            return complain("recvfrom");
        say("수신 : ");
        if (write_all(buf, n) < 0)
            return complain("write");
    }
    return close(s) < 0 ? complain("close") : 0;
}
