/* Fills socket pairs, with as much as there may be in them. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    static char buf[65536];
    int pair[2], much = 1 << 30;
    port_of(argc, argv);
    for (int i = 0; i < 80; i++) {
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
        setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &much, sizeof(much));
        fcntl(pair[0], F_SETFL, O_NONBLOCK);
        while (write(pair[0], buf, sizeof(buf)) > 0)
            ;
    }
    for (;;)
        pause();
}
