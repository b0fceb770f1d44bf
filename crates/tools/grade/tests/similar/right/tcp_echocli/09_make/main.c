#include "net.h"
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096

int main(int argc, char **argv)
{
    char line[LINE_MAX_BYTES], answer[LINE_MAX_BYTES];
    size_t len = 0;
    int fd, c;

    if (argc != 2) {
        fprintf(stderr, "usage: %s IP\n", argv[0]);
        return 64;
    }
    if ((fd = net_open(argv[1], 7)) < 0)
        return 69;

    printf("입력 : ");
    fflush(stdout);
    do {
        if ((c = getc(stdin)) == EOF)
            break;
        line[len++] = (char)c;
    } while (c != '\n' && len < sizeof line);

    if (len > 0) {
        if (net_exchange(fd, line, len, answer) < 0)
            return 74;
        printf("수신 : ");
        fwrite(answer, len, 1, stdout);
    }
    close(fd);
    return 0;
}
