// The own address that datagrams to another one would carry: connected_udp_3 IP
#include "../sockcommon/sockcommon.h"

int main(int argc, char *argv[])
{
    struct args args = parse_args(argc, argv, "connected_udp_3 IP");
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(7)};
    socklen_t addrlen = sizeof(addr);
    if (inet_pton(AF_INET, args.ip, &addr.sin_addr) != 1)
        wrong_usage(args.usage);

    int s = socket(PF_INET, SOCK_DGRAM, 0);
    if (s < 0)
        fail("socket fail");
    if (connect(s, (struct sockaddr *)&addr, sizeof(addr)) < 0)
        fail("connect fail");
    if (getsockname(s, (struct sockaddr *)&addr, &addrlen) < 0)
        fail("getsockname fail");

    char buf[INET_ADDRSTRLEN];
    puts(inet_ntop(AF_INET, &addr.sin_addr, buf, sizeof(buf)));
    return flush_stdout();
}
