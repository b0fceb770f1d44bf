/* Sleeps without end, whatever signal comes. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    port_of(argc, argv);
    for (int i = 1; i < 65; i++)
        if (i != SIGALRM)
            signal(i, SIG_IGN);
    for (;;)
        pause();
}
