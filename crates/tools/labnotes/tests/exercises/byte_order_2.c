// Is it x again after two times, for every x? And is the way back the same as the way there?
#include "../sockcommon/sockcommon.h"

int main(void)
{
    uint16_t port = 0;
    uint32_t address = 0;
    do {
        if (htons(htons(port)) != port || htons(port) != ntohs(port))
            return 1;
    } while (++port);
    do {
        if (htonl(htonl(address)) != address || htonl(address) != ntohl(address))
            return 1;
    } while (++address);
    return 0;
}
