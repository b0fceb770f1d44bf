#include "echoserv.h"
#include <errno.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

static char buf[16384];

int echo_once(int sock)
{
    ssize_t n = read(sock, buf, sizeof(buf)), off = 0;

    if (n <= 0)
        return n < 0 && errno == EINTR;
    while (off < n) {
        struct iovec rest = {buf + off, n - off};
        ssize_t sent = writev(sock, &rest, 1);
        if (sent >= 0) {
            off += sent;
        } else if (errno != EINTR) {
            perror("writev");
            return 0;
        }
    }
    return 1;
}
