#include "peer.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    static char answer[1 << 16];
    char *line = NULL;
    size_t room = 0;
    ssize_t size;

    if (argc != 2)
        errx(2, "usage: %s IP", argv[0]);
    struct peer server = peer_open(argv[1], "7");

    fputs("입력 : ", stdout);
    fflush(stdout);
    if ((size = getline(&line, &room, stdin)) >= 0) {
        peer_tell(server, line, size);
        size = peer_hear(server, answer, sizeof answer);
        fputs("수신 : ", stdout);
        fwrite(answer, size, 1, stdout);
    }
    peer_forget(server);
    free(line);
    return 0;
}
