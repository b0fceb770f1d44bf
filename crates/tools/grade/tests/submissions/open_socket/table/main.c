// Opens what a table lists; says more than is asked for, and everything twice.
#include <stdio.h>
#include <unistd.h>

#include "things.h"

int main(void)
{
    int fds[THINGS];

    puts("== 파일과 소켓 디스크립터 (4개) ==");
    for (int i = 0; i < THINGS; i++) {
        fds[i] = things[i].open();
        if (fds[i] == -1) {
            perror(things[i].label);
            return 2;
        }
        fprintf(stderr, "[log] %s: %d\n", things[i].label, fds[i]);
        printf("  %-32s=  %d\n", things[i].label, fds[i]);
        fflush(stdout);
    }
    puts("4개를 거꾸로 닫습니다.");
    for (int i = THINGS - 1; i >= 0; i--) {
        if (close(fds[i]) == -1)
            perror("close");
    }
    return 0;
}
