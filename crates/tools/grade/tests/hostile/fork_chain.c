/* Burns processor time in children that die at once and that nobody waits for, so that no one process has used much. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    port_of(argc, argv);
    signal(SIGCHLD, SIG_IGN);
    for (;;)
        if (fork() == 0) {
            for (volatile int i = 0; i < 10000000; i++)
                ;
            if (fork())
                _exit(0);
        }
}
