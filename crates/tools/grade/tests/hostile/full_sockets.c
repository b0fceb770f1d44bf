/* Connects with itself, and leaves all connections full: memory of the kernel's. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    static char buf[1 << 20];
    struct sockaddr_in addr;
    socklen_t len = sizeof(addr);
    int s, port = port_of(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    s = listening(port);
    getsockname(s, (struct sockaddr *)&addr, &len);
    for (int i = 0; i < 90; i++) {
        int c = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(c, (struct sockaddr *)&addr, sizeof(addr)) < 0 || accept(s, NULL, NULL) < 0)
            exit(1);
        fcntl(c, F_SETFL, O_NONBLOCK);
        while (write(c, buf, sizeof(buf)) > 0)
            ;
    }
    for (;;)
        pause();
}
