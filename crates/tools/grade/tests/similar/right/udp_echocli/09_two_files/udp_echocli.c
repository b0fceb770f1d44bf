#include "udp.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char buf[8192];

int main(int argc, char **argv)
{
    int fd, n = 0, c;

    if (argc != 2 || udp_target(argv[1]) < 0) {
        printf("usage: udp_echocli IP (an address such as 127.0.0.1)\n");
        return EXIT_FAILURE;
    }
    if ((fd = udp_open()) < 0) {
        perror("socket");
        return EXIT_FAILURE;
    }
    printf("입력 : ");
    fflush(stdout);
    for (; n < (int)sizeof buf; ) {
        if ((c = fgetc(stdin)) == EOF)
            break;
        buf[n++] = c;
        if (c == '\n')
            break;
    }
    if (n > 0) {
        n = udp_ask(fd, buf, n, sizeof buf);
        if (n < 0) {
            perror("udp");
            return EXIT_FAILURE;
        }
        printf("수신 : ");
        fwrite(buf, 1, n, stdout);
    }
    close(fd);
    return EXIT_SUCCESS;
}
