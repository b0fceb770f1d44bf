/* Opens sockets, as many as it may. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    int pair[2];
    port_of(argc, argv);
    while (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0)
        ;
    for (;;)
        pause();
}
