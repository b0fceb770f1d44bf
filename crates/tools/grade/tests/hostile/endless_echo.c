/* A server that echoes, and goes on and on when the client has stopped sending: the half-close shows it. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    char buf[65536];
    ssize_t n;
    int s = listening(port_of(argc, argv));
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        int c = accept(s, NULL, NULL);
        while ((n = read(c, buf, sizeof(buf))) > 0)
            for (ssize_t done = 0, w = 0; done < n && w >= 0; done += w)
                w = write(c, buf + done, n - done);
        while (write(c, buf, sizeof(buf)) > 0)
            ;
        close(c);
    }
}
