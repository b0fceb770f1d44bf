#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/socket.h>

#define OPEN(var, label, call)                                     \
    int var = (call);                                              \
    if (var < 0) { perror(label); return 1; }                      \
    dprintf(STDOUT_FILENO, "%s descriptor = %d\n", label, var)

int main(void)
{
    OPEN(a, "/etc/passwd's file", openat(AT_FDCWD, "/etc/passwd", O_RDONLY));
    OPEN(b, "stream socket", socket(PF_INET, SOCK_STREAM, 0));
    OPEN(c, "datagram socket", socket(PF_INET, SOCK_DGRAM, 0));
    OPEN(d, "/etc/host's file", openat(AT_FDCWD, "/etc/hosts", O_RDONLY));
    int all[] = { a, b, c, d };
    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++)
        close(all[i]);
    return 0;
}
