/* Clients that connect, reset the connection and connect again, as fast as they can. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    struct linger now = {1, 0};
    for (;;) {
        int s = connected(argc, argv);
        setsockopt(s, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        close(s);
    }
}
