#include "daytime.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s IP\n", argv[0]);
        return 2;
    }

    int s = daytime_connect(argv[1]);
    if (s < 0) {
        perror(argv[1]);
        return 1;
    }

    size_t len;
    char *answer = daytime_read(s, &len);
    if (answer == NULL) {
        perror("read");
        return 1;
    }
    close(s);

    printf("%s 서버의 답 (%zu바이트):\n", argv[1], len);
    fwrite(answer, 1, len, stdout);
    free(answer);
    return 0;
}
