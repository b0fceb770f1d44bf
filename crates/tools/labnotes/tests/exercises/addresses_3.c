// The 16 bytes of a socket address: addresses_3 IP PORT
#include "../sockcommon/sockcommon.h"

int main(int argc, char *argv[])
{
    struct args args = parse_args(argc, argv, "addresses_3 IP PORT");
    struct sockaddr_in servaddr = {.sin_family = AF_INET};
    inet_pton(AF_INET, args.ip, &servaddr.sin_addr);
    servaddr.sin_port = htons(args.port);

    const unsigned char *p = (const unsigned char *)&servaddr;
    for (size_t i = 0; i < sizeof(servaddr); i++)
        printf("%02X%c", p[i], i + 1 < sizeof(servaddr) ? ' ' : '\n');
    return 0;
}
