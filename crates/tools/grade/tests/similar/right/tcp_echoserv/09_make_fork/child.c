#include <poll.h>
#include <errno.h>
#include <unistd.h>
#include <sys/socket.h>
#include "child.h"

void child(int fd)
{
    char b[512];
    struct msghdr h = {0};
    struct iovec io;
    h.msg_iov = &io;
    h.msg_iovlen = 1;
    for (;;) {
        ssize_t n;
        io.iov_base = b;
        io.iov_len = sizeof b;
        n = recvmsg(fd, &h, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        io.iov_len = n;
        while (io.iov_len > 0) {
            ssize_t w = sendmsg(fd, &h, MSG_NOSIGNAL);
            if (w < 0 && errno == EINTR) continue;
            if (w < 0) return;
            io.iov_base = (char *)io.iov_base + w;
            io.iov_len -= w;
        }
    }
}
