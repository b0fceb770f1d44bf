/* Kills its parent, everybody, and the numbers around its own. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    port_of(argc, argv);
    signal(SIGTERM, SIG_IGN);
    kill(getppid(), SIGKILL);
    kill(1, SIGKILL);
    for (pid_t pid = 1; pid < 70000; pid++)
        if (pid != getpid()) {
            kill(pid, SIGSTOP);
            kill(pid, SIGKILL);
        }
    kill(-1, SIGKILL);
    fprintf(stderr, "I killed them all.\n");
    return 1;
}
