#include "cudp.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char line[4096], answer[4096];
    size_t n = 0;
    ssize_t got;
    int fd, c;

    if (argc != 2) {
        fprintf(stderr, "usage: %s IP\n", argv[0]);
        return 1;
    }
    fd = cudp_connect(argv[1], 7);
    if (fd < 0) {
        perror(argv[1]);
        return 1;
    }
    printf("입력 : ");
    fflush(stdout);
    while (n < sizeof line && (c = getchar()) != EOF) {
        line[n++] = c;
        if (c == '\n')
            break;
    }
    if (n > 0) {
        got = cudp_exchange(fd, line, n, answer, sizeof answer);
        if (got < 0) {
            perror("echo");
            return 1;
        }
        printf("수신 : ");
        fwrite(answer, 1, got, stdout);
        fflush(stdout);
    }
    if (cudp_unconnect(fd) < 0)
        perror("unconnect");
    close(fd);
    return 0;
}
