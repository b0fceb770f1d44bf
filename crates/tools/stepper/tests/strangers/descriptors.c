// Servers that do with descriptors what others don't.
#include "net.h"

// As inetd(8) starts a server: the connection is its stdin and its stdout.
static void instead_of_the_terminal(void)
{
    char buf[100];
    int s = listener();
    int c = accept(s, NULL, NULL);
    dup2(c, 0);
    dup2(c, 1);
    close(c);
    for (ssize_t n; (n = read(0, buf, sizeof buf)) > 0;)
        if (write(1, buf, n) < n)
            exit(1);
}

static void other_families(void)
{
    static const int families[] = {AF_UNIX, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_XDP, AF_ALG};
    for (unsigned i = 0; i < sizeof families / sizeof families[0]; i++)
        for (int type = SOCK_STREAM; type <= SOCK_RAW; type++)
            socket(families[i], type, 0);
    socket(AF_INET, SOCK_STREAM, 262); // MPTCP
    echo(accept(listener(), NULL, NULL));
}

// To one who reads nothing, until there is no more room.
static void writes_until_it_waits(void)
{
    static char buf[10000];
    int size = 100000;
    int c = accept(listener(), NULL, NULL);
    setsockopt(c, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    while (write(c, buf, sizeof buf) == sizeof buf)
        continue;
}

// A call of a 32-bit program, where 20 is getpid; among the others it is writev.
static void foreign(void)
{
    listener();
#ifdef __x86_64__
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
#endif
}

int main(int argc, char **argv)
{
    static const struct way ways[] = {
        {"instead_of_the_terminal", instead_of_the_terminal},
        {"other_families", other_families},
        {"writes_until_it_waits", writes_until_it_waits},
        {"foreign", foreign},
        {NULL, NULL},
    };
    return behave(ways, argc, argv);
}
