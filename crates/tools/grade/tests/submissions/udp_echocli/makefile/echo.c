#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

#include "echo.h"

int put(int s, const char *data, size_t length, const struct sockaddr_in *to)
{
    ssize_t n;

    do
        n = sendto(s, data, length, 0, (const struct sockaddr *)to, sizeof(*to));
    while (n < 0 && errno == EINTR);
    return n < 0 ? -1 : 0;
}

ssize_t take(int s, char *data, size_t room)
{
    ssize_t n;

    do
        n = recvfrom(s, data, room, 0, NULL, NULL);
    while (n < 0 && errno == EINTR);
    return n;
}
