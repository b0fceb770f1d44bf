#include "cudp.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/select.h>
#include <netinet/in.h>
#include <arpa/inet.h>

int cudp_connect(const char *ip, unsigned short port)
{
    struct sockaddr_in a;
    int fd;

    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    if (inet_pton(AF_INET, ip, &a.sin_addr) != 1) {
        errno = EINVAL;
        return -1;
    }
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

ssize_t cudp_exchange(int fd, const void *out, size_t outlen, void *in, size_t inlen)
{
    fd_set set;
    struct timeval tv = { 8, 0 };
    int k;

    if (send(fd, out, outlen, 0) < 0)
        return -1;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    k = select(fd + 1, &set, NULL, NULL, &tv);
    if (k < 0)
        return -1;
    if (k == 0) {
        errno = ETIMEDOUT;
        return -1;
    }
    return recv(fd, in, inlen, 0);
}

int cudp_unconnect(int fd)
{
    struct sockaddr_in a;

    memset(&a, 0, sizeof a);
    a.sin_family = AF_UNSPEC;
    return connect(fd, (struct sockaddr *)&a, sizeof a);
}
