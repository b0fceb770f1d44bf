/* A client that doesn't stop sending. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    char buf[65536];
    int s = connected(argc, argv);
    memset(buf, 'x', sizeof(buf));
    for (;;)
        write(s, buf, sizeof(buf));
}
