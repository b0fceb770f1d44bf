// The 16 bytes of an IPv6 address, and the text that they are: ascii_ip_4 IP
#include "../sockcommon/sockcommon.h"

int main(int argc, char *argv[])
{
    struct in6_addr addr;
    char text[INET6_ADDRSTRLEN];
    if (argc != 2 || inet_pton(AF_INET6, argv[1], &addr) != 1)
        return 1;
    for (size_t i = 0; i < sizeof(addr.s6_addr); i++)
        printf("%02X%c", addr.s6_addr[i], i + 1 < sizeof(addr.s6_addr) ? ' ' : '\n');
    puts(inet_ntop(AF_INET6, &addr, text, sizeof(text)));
    return sizeof(addr.s6_addr) != 16 || INET6_ADDRSTRLEN != 46;
}
