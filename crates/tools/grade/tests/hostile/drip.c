/* A server that drips a byte every 50 ms, for ever. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    int s = listening(port_of(argc, argv));
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        int c = accept(s, NULL, NULL);
        char line[64];
        ssize_t n = read(c, line, sizeof(line));
        for (ssize_t i = 0; i < n; i++)
            write(c, line, 1);
        while (write(c, "x", 1) > 0)
            usleep(50000);
        close(c);
    }
}
