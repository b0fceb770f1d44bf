/* A client that sends a byte every 50 ms, for ever, and reads nothing. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    int s = connected(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        write(s, "x", 1);
        usleep(50000);
    }
}
