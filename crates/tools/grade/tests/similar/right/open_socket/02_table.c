// a table of things to open, function pointers
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

static int passwd(void) { return open("/etc/passwd", O_RDONLY | O_CLOEXEC); }
static int hosts(void) { return open("/etc/hosts", O_RDONLY | O_CLOEXEC); }
static int stream(void) { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP); }
static int dgram(void) { return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP); }

static const struct { const char *label; int (*get)(void); } things[] = {
    { "/etc/passwd's file descriptor", passwd },
    { "stream socket descriptor", stream },
    { "datagram socket descriptor", dgram },
    { "/etc/host's file descriptor", hosts },
};
enum { N = sizeof things / sizeof *things };

int main(void)
{
    int fd[N], i, status = EXIT_SUCCESS;

    for (i = 0; i < N; i++) {
        fd[i] = things[i].get();
        if (fd[i] == -1) {
            fprintf(stderr, "%s: %s\n", things[i].label, strerror(errno));
            status = EXIT_FAILURE;
            break;
        }
    }
    if (status == EXIT_SUCCESS)
        for (i = 0; i < N; i++)
            printf("%s = %d\n", things[i].label, fd[i]);
    while (i-- > 0)
        if (close(fd[i]) < 0) { perror("close"); status = EXIT_FAILURE; }
    if (fflush(stdout) == EOF) { perror("stdout"); status = EXIT_FAILURE; }
    return status;
}
