/* Leaves a daemon behind, in a session of its own, that nothing ties to the program any more. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    (void)argc;
    (void)argv;
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            for (int i = 0; i < 1024; i++)
                close(i);
            signal(SIGTERM, SIG_IGN);
            signal(SIGHUP, SIG_IGN);
            for (;;)
                pause();
        }
        _exit(0);
    }
    wait(NULL);
    return 0;
}
