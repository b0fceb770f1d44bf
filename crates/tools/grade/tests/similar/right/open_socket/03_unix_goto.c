/* AF_UNIX 소켓도 소켓이다; goto 로 정리 */
#include <stdio.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    int p = -1, st = -1, dg = -1, h = -1, rc = 1;

    if ((p = open("/etc/passwd", O_RDONLY)) < 0) { perror("open /etc/passwd"); goto out; }
    if ((st = socket(AF_UNIX, SOCK_STREAM, 0)) < 0) { perror("socket SOCK_STREAM"); goto out; }
    if ((dg = socket(AF_UNIX, SOCK_DGRAM, 0)) < 0) { perror("socket SOCK_DGRAM"); goto out; }
    if ((h = open("/etc/hosts", O_RDONLY)) < 0) { perror("open /etc/hosts"); goto out; }
    printf("/etc/passwd's file descriptor = %d\n"
           "stream socket descriptor = %d\n"
           "datagram socket descriptor = %d\n"
           "/etc/host's file descriptor = %d\n", p, st, dg, h);
    rc = 0;
out:
    if (h >= 0) close(h);
    if (dg >= 0) close(dg);
    if (st >= 0) close(st);
    if (p >= 0) close(p);
    return rc;
}
