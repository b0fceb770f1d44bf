// A server of which another port answers first: false_server PORT
#include "../sockcommon/sockcommon.h"

int main(int argc, char *argv[])
{
    struct args args = parse_args(argc, argv, "false_server PORT");
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(args.port)};
    socklen_t addrlen = sizeof(addr);
    int s = socket(PF_INET, SOCK_DGRAM, 0), another = socket(PF_INET, SOCK_DGRAM, 0);
    if (bind(s, (struct sockaddr *)&addr, sizeof(addr)) < 0)
        fail("bind fail");
    char buf[MAXLINE];
    ssize_t n = recvfrom(s, buf, sizeof(buf), 0, (struct sockaddr *)&addr, &addrlen);
    sendto(another, "false\n", 6, 0, (struct sockaddr *)&addr, addrlen);
    sendto(s, buf, n, 0, (struct sockaddr *)&addr, addrlen);
    return 0;
}
