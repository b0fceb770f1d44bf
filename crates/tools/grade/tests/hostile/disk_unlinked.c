/* Writes more than it may into files that have no name any more, and keeps them: open, in a thread with descriptors of its own; or
 * mapped, or on their way over a socket, and open nowhere. */
#include "hostile.h"
static const char *how;

static void keep(int fd)
{
    static int pair[2];
    union { char buf[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control = {0};
    struct iovec iov = {"x", 1};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};

    if (strcmp(how, "open") == 0)
        return;
    if (strcmp(how, "mapped") == 0) {
        mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    } else {
        if (pair[0] == 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0)
            exit(2);
        *CMSG_FIRSTHDR(&msg) = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(fd)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), &fd, sizeof(fd));
        sendmsg(pair[0], &msg, MSG_DONTWAIT);
    }
    close(fd);
}

static void *fill(void *nothing)
{
    static char buf[1 << 20];
    int fd = -1;

    unshare(CLONE_FILES);
    for (int written = 0; written < 300; written++) {
        if (written % 10 == 0) {
            if (written > 0)
                keep(fd);
            fd = open(MARK, O_CREAT | O_EXCL | O_RDWR, 0600);
            unlink(MARK);
        }
        if (write(fd, buf, sizeof(buf)) != sizeof(buf)) {
            fprintf(stderr, "disk: full after %d MiB\n", written);
            exit(1);
        }
    }
    keep(fd);
    for (;;)
        pause();
    return nothing;
}

int main(int argc, char *argv[])
{
    pthread_t thread;

    port_of(argc, argv);
    how = argv[2];
    pthread_create(&thread, NULL, fill, NULL);
    pthread_join(thread, NULL);
    return 1;
}
