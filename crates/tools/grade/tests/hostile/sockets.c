/* Opens sockets, as many as it may in each of its processes: none has too many, all together do. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    int pair[2];
    port_of(argc, argv);
    for (int i = 0; i < 4; i++)
        fork();
    for (int i = 0; i < 50 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0; i++)
        ;
    for (;;)
        pause();
}
