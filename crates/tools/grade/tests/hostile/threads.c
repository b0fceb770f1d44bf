/* As many threads as it can get, all of them busy; the first one is gone. */
#include "hostile.h"
static void *spin(void *unused)
{
    for (;;)
        ;
    return unused;
}
int main(int argc, char *argv[])
{
    pthread_t thread;
    port_of(argc, argv);
    for (int i = 0; i < 1000; i++)
        pthread_create(&thread, NULL, spin, NULL);
    pthread_exit(NULL);
}
