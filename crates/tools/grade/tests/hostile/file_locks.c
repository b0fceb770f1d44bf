/* Locks every other byte of a file, in all the ways that fcntl has: each is memory of the kernel's. The lock of flock, of which a file
 * has one, is there for whoever builds. */
#include "hostile.h"
#include <sys/file.h>
int main(int argc, char *argv[])
{
    int commands[] = {F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW}, locks = 0, fd;
    port_of(argc, argv);
    fd = open("/etc/passwd", O_RDONLY);
    for (int i = 0; i < 4; i++)
        for (int at = 0; at < 1000; at++) {
            struct flock lock = {.l_type = F_RDLCK, .l_start = 2 * at, .l_len = 1};
            if (fcntl(fd, commands[i], &lock) < 0)
                break;
            locks++;
        }
    fprintf(stderr, "locks: %d, flock %s.\n", locks, flock(fd, LOCK_SH) < 0 ? "refused" : "allowed");
    return 1;
}
