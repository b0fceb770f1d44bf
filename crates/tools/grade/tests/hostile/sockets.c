/* Opens sockets without end, and fills them. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    char buf[65536] = {0};
    struct rlimit files;
    port_of(argc, argv);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    for (int i = 0; i < 5; i++)
        fork();
    for (;;) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
            pause();
        fcntl(pair[0], F_SETFL, O_NONBLOCK);
        while (write(pair[0], buf, sizeof(buf)) > 0)
            ;
    }
}
