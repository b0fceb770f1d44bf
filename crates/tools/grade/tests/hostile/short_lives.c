/* Burns processor time in children that live for a moment, one after the other, in sessions of their own, and that nobody waits for. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    struct rusage used;
    port_of(argc, argv);
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        if (fork() == 0) {
            setsid();
            do
                getrusage(RUSAGE_SELF, &used);
            while (used.ru_utime.tv_sec * 1000000 + used.ru_utime.tv_usec + used.ru_stime.tv_usec < 200000);
            _exit(0);
        }
        wait(NULL); /* until it has ended: of those that are ignored, that is all that wait says */
    }
}
