/*
 * open_socket: files and sockets are numbered in one row (slides 4, 9, 10).
 *
 * Run:    open_socket
 * Watch:  0, 1 and 2 are taken, so the first is 3; a socket's number is a file descriptor like any other.
 * See:    open(2), socket(2), close(2)
 */
#include "../sockcommon/sockcommon.h"

int main(int argc, char *argv[])
{
    // 1. arguments: none
    parse_args(argc, argv, "open_socket");

    // 2. open: the file /etc/passwd
    int fd1 = open("/etc/passwd", O_RDONLY, 0);
    if (fd1 < 0)
        fail("open fail");
    printf("/etc/passwd's file descriptor = %d\n", fd1);

    // 3. socket: a stream socket
    int sd1 = socket(PF_INET, SOCK_STREAM, 0);
    if (sd1 < 0)
        fail("socket fail");
    printf("stream socket descriptor = %d\n", sd1);

    // 4. socket: a datagram socket
    int sd2 = socket(PF_INET, SOCK_DGRAM, 0);
    if (sd2 < 0)
        fail("socket fail");
    printf("datagram socket descriptor = %d\n", sd2);

    // 5. open: the file /etc/hosts
    int fd2 = open("/etc/hosts", O_RDONLY, 0);
    if (fd2 < 0)
        fail("open fail");
    printf("/etc/host's file descriptor = %d\n", fd2);

    // 6. close: files and sockets alike
    if (close(fd1) < 0 || close(sd1) < 0 || close(sd2) < 0 || close(fd2) < 0)
        fail("close fail");
    return flush_stdout();
}
