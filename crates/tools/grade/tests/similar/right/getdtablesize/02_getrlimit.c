#include <stdint.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

int main(int argc, char *argv[])
{
    struct rlimit rl;

    (void)argc;
    if (getrlimit(RLIMIT_NOFILE, &rl) == -1) {
        perror(argv[0]);
        exit(EXIT_FAILURE);
    }
    if (rl.rlim_cur == RLIM_INFINITY)
        puts("getdtablesize() = unlimited");
    else
        printf("getdtablesize() = %" PRIuMAX "\n", (uintmax_t)rl.rlim_cur);
    /* 참고: hard limit */
    fprintf(stderr, "(hard limit: %ju)\n", (uintmax_t)rl.rlim_max);
    exit(EXIT_SUCCESS);
}
