/* A right echo server, but for each read it sleeps 100 ms. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    int s = listening(port_of(argc, argv));
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        int c = accept(s, NULL, NULL);
        char piece[100];
        ssize_t n;
        while (usleep(100000), (n = read(c, piece, sizeof(piece))) > 0)
            if (write(c, piece, n) < 0)
                break;
        close(c);
    }
}
