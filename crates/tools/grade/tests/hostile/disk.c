/* Writes as much as it can, wherever it can, in few large files and in many small ones. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    static char buf[1 << 20];
    const char *folders[] = {"/tmp", "/home", "/dev/shm", "/work", "/var/tmp", "/run", ".", getenv("HOME"), getenv("TMPDIR")};
    unsigned long written = 0, files = 0;
    char name[200];

    port_of(argc, argv);
    signal(SIGXFSZ, SIG_IGN);
    for (int f = 0; f < 9; f++)
        for (int i = 0; i < 100000; i++) {
            ssize_t n;
            int fd;
            snprintf(name, sizeof(name), "%s/%s.%d", folders[f], MARK, i);
            fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);
            if (fd < 0)
                break;
            files++;
            while ((n = write(fd, buf, sizeof(buf))) > 0)
                written += n;
            close(fd);
        }
    fprintf(stderr, "disk: %lu MiB, %s files.\n", written >> 20, files < 50000 ? "few" : "many");
    return 1;
}
