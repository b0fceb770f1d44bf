/* Writes more than it may into files that have no name any more, opened by a thread with descriptors of its own, and keeps them. */
#include "hostile.h"
static void *fill(void *nothing)
{
    static char buf[1 << 20];
    int fd = -1;

    unshare(CLONE_FILES);
    for (int written = 0; written < 300; written++) {
        if (written % 10 == 0) {
            fd = open(MARK, O_CREAT | O_EXCL | O_WRONLY, 0600);
            unlink(MARK);
        }
        if (write(fd, buf, sizeof(buf)) != sizeof(buf)) {
            fprintf(stderr, "disk: full after %d MiB\n", written);
            exit(1);
        }
    }
    for (;;)
        pause();
    return nothing;
}

int main(int argc, char *argv[])
{
    pthread_t thread;

    port_of(argc, argv);
    pthread_create(&thread, NULL, fill, NULL);
    pthread_join(thread, NULL);
    return 1;
}
