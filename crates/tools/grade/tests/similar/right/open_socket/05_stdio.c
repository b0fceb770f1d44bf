#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/socket.h>
/* fopen/fileno for the files; fclose calls close */
int main(void)
{
    FILE *a, *b;
    int s, d;
    setbuf(stdout, NULL);
    a = fopen("/etc/passwd", "r");
    if (!a) { puts("can't open /etc/passwd"); return 2; }
    s = socket(AF_INET, SOCK_STREAM, 0);
    if (s == -1) { puts("can't open a stream socket"); return 2; }
    d = socket(AF_INET, SOCK_DGRAM, 0);
    if (d == -1) { puts("can't open a datagram socket"); return 2; }
    b = fopen("/etc/hosts", "r");
    if (!b) { puts("can't open /etc/hosts"); return 2; }
    printf("/etc/passwd's file descriptor = %d\n", fileno(a));
    printf("stream socket descriptor = %d\n", s);
    printf("datagram socket descriptor = %d\n", d);
    printf("/etc/host's file descriptor = %d\n", fileno(b));
    fclose(a);
    close(s);
    close(d);
    fclose(b);
    return 0;
}
