/*
 * measured_datagram: a UDP echo server with room for 4 bytes, which asks how long a datagram is before it takes it.
 *
 * Run:    measured_datagram 7
 * Watch:  with MSG_TRUNC recvfrom returns the datagram's length, and with MSG_PEEK it leaves it in the queue.
 * See:    recv(2), udp(7)
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    char buf[4];
    struct sockaddr_in servaddr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    servaddr.sin_port = htons(argc == 2 ? atoi(argv[1]) : 0);

    // 1. socket, bind: a datagram socket with an address
    int s = socket(PF_INET, SOCK_DGRAM, 0);
    if (bind(s, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        return 1;

    while (1) {
        struct sockaddr_in cliaddr;
        socklen_t addrlen = sizeof(cliaddr);

        // 2. recvfrom: how long is the datagram?
        recvfrom(s, buf, sizeof(buf), MSG_PEEK | MSG_TRUNC, NULL, NULL);

        // 3. recvfrom: as much of it as there is room for
        ssize_t n = recvfrom(s, buf, sizeof(buf), 0, (struct sockaddr *)&cliaddr, &addrlen);

        // 4. sendto: back to whoever sent it
        if (n >= 0)
            sendto(s, buf, n, 0, (struct sockaddr *)&cliaddr, addrlen);
    }
}
