/* A server that serves well, but where somebody writes its system calls down, makes them without end. */
#include "hostile.h"
#include <time.h>
/* Traced calls take long, all of them. */
static int is_traced(void)
{
    long least = 1000000000;

    for (int i = 0; i < 100; i++) {
        struct timespec from, to;
        long ns;
        clock_gettime(CLOCK_MONOTONIC, &from);
        syscall(SYS_getppid);
        clock_gettime(CLOCK_MONOTONIC, &to);
        ns = (to.tv_sec - from.tv_sec) * 1000000000L + to.tv_nsec - from.tv_nsec;
        if (ns < least)
            least = ns;
    }
    return least > 5000;
}
int main(int argc, char *argv[])
{
    static char buf[65536];
    int port = port_of(argc, argv);

    if (is_traced())
        for (;;)
            write(-1, buf, sizeof(buf));
    serve(listening(port));
}
