// Has its port, takes what comes, and sends nothing back.
#include <arpa/inet.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    struct sockaddr_in any = { .sin_family = AF_INET };
    static char buf[65536], *end = "x";
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    int s = socket(PF_INET, SOCK_DGRAM, 0);

    any.sin_port = htons(port);
    if (port < 1 || port > 65535 || *end != '\0' || bind(s, (struct sockaddr *)&any, sizeof(any)) < 0)
        return 1;
    while (1)
        recv(s, buf, sizeof(buf), 0);
}
