/* Locks every other byte of a file: each lock is memory of the kernel's. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    int fd = open("/etc/passwd", O_RDONLY);
    port_of(argc, argv);
    for (int at = 0;; at += 2) {
        struct flock lock = {.l_type = F_RDLCK, .l_start = at, .l_len = 1};
        if (fcntl(fd, F_SETLK, &lock) < 0)
            break;
    }
    fprintf(stderr, "no more locks\n");
    return 1;
}
