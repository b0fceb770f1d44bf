#include <sys/socket.h>
#include <netinet/in.h>
#include <string.h>

/* own port of a socket in host byte order, or -1 */
int get_port(int fd)
{
    struct sockaddr_in me;
    socklen_t len = sizeof me;

    memset(&me, 0, sizeof me);
    if (getsockname(fd, (struct sockaddr *)&me, &len) == -1)
        return -1;
    return ntohs(me.sin_port);
}
