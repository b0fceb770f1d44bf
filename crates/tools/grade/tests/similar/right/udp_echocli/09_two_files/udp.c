#include "udp.h"
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

static struct sockaddr_in target;

int udp_open(void)
{
    return socket(AF_INET, SOCK_DGRAM, 0);
}

int udp_target(const char *ip)
{
    memset(&target, 0, sizeof target);
    target.sin_family = AF_INET;
    target.sin_port = htons(7);
    return inet_pton(AF_INET, ip, &target.sin_addr) == 1 ? 0 : -1;
}

/* len bytes of buf out, the answer into buf: its length, or -1 */
int udp_ask(int fd, char *buf, int len, int cap)
{
    if (sendto(fd, buf, len, 0, (struct sockaddr *)&target, sizeof target) != len)
        return -1;
    return recvfrom(fd, buf, cap, 0, 0, 0);
}
