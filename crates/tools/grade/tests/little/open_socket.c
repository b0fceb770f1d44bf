// Opens and closes the four, and prints every number that each could have.
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    const char *labels[] = { "/etc/passwd's file", "stream socket", "datagram socket", "/etc/host's file" };
    int fds[] = { open("/etc/passwd", O_RDONLY), socket(PF_INET, SOCK_STREAM, 0), socket(PF_INET, SOCK_DGRAM, 0),
                  open("/etc/hosts", O_RDONLY) };

    for (int i = 0; i < 4; i++) {
        if (fds[i] < 0)
            return 1;
        for (int n = 3; n <= 11; n++)
            printf("%s descriptor = %d\n", labels[i], n);
    }
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    return 0;
}
