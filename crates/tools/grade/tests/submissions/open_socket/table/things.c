#include "things.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

static int passwd(void) { return openat(AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC); }
static int stream(void) { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP); }
static int datagram(void) { return socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, IPPROTO_UDP); }
static int hosts(void) { return openat(AT_FDCWD, "/etc/hosts", O_RDONLY | O_CLOEXEC); }

const struct thing things[THINGS] = {
    {"/etc/passwd's file descriptor", passwd},
    {"stream socket descriptor", stream},
    {"datagram socket descriptor", datagram},
    {"/etc/host's file descriptor", hosts},
};
