/* Sends its stdout and stderr, and both ends of a socket pair, over that pair, and ends: the pipes stay open, though nobody has them. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    union { char buf[CMSG_SPACE(4 * sizeof(int))]; struct cmsghdr align; } control;
    struct iovec iov = {"x", 1};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    int fds[4] = {-1, -1, 1, 2};
    port_of(argc, argv);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
        return 2;
    memset(&control, 0, sizeof(control));
    *CMSG_FIRSTHDR(&msg) = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(fds)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), fds, sizeof(fds));
    return sendmsg(fds[0], &msg, 0) == 1 ? 1 : 3;
}
