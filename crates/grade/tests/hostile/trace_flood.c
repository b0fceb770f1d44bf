/* A server that serves well, and beside that makes system calls without end: whoever writes them all down has no room soon. */
#include "hostile.h"
static void *calls(void *unused)
{
    static char buf[65536];
    for (;;)
        write(-1, buf, sizeof(buf));
    return unused;
}
int main(int argc, char *argv[])
{
    pthread_t thread;
    int s = listening(port_of(argc, argv));
    pthread_create(&thread, NULL, calls, NULL);
    serve(s);
}
