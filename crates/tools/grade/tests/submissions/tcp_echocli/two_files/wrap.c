#include "wrap.h"
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void err_sys(const char *msg)
{
    perror(msg);
    exit(1);
}

int Connect(const char *ip, int port)
{
    struct sockaddr_in servaddr;
    int s;

    signal(SIGPIPE, SIG_IGN);
    if ((s = socket(PF_INET, SOCK_STREAM, 0)) < 0)
        err_sys("socket fail");
    memset(&servaddr, 0, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    servaddr.sin_port = htons(port);
    if (inet_pton(AF_INET, ip, &servaddr.sin_addr) <= 0) {
        fprintf(stderr, "inet_pton fail: %s\n", ip);
        exit(1);
    }
    if (connect(s, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        err_sys("connect fail");
    return s;
}

void Write(int s, const void *data, size_t len)
{
    const char *p = data;

    while (len > 0) {
        ssize_t n = write(s, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            err_sys("write fail");
        p += n;
        len -= n;
    }
}

void Readn(int s, void *data, size_t len)
{
    char *p = data;

    while (len > 0) {
        ssize_t n = read(s, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            err_sys("read fail");
        if (n == 0) {
            fprintf(stderr, "read fail: server closed\n");
            exit(1);
        }
        p += n;
        len -= n;
    }
}
