#include <arpa/inet.h>

int convert(const char *ip, unsigned *number, char *text, int room)
{
    struct in_addr in;
    if (inet_pton(AF_INET, ip, &in) != 1)
        return 1;
    *number = in.s_addr;
    if (!inet_ntop(AF_INET, &in, text, room))
        return 2;
    return 0;
}
