/* A server that doesn't stop replying. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    char buf[65536];
    int s = listening(port_of(argc, argv));
    signal(SIGPIPE, SIG_IGN);
    memset(buf, 'x', sizeof(buf));
    for (;;) {
        int c = accept(s, NULL, NULL);
        while (write(c, buf, sizeof(buf)) > 0)
            ;
        close(c);
    }
}
