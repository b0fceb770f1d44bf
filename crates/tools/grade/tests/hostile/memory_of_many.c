/* Takes memory in many processes, in each less than one may have; the first thread of each is gone. */
#include "hostile.h"
static void *take(void *unused)
{
    char *p = malloc(24 << 20);
    touch(p, 24 << 20);
    for (;;)
        sleep(1);
    return unused;
}
int main(int argc, char *argv[])
{
    pthread_t thread;
    port_of(argc, argv);
    for (int i = 0; i < 2; i++)
        fork();
    pthread_create(&thread, NULL, take, NULL);
    pthread_exit(NULL);
}
