/*
 * udp_echoserv: the UDP echo server (slides 45, 46, 48).
 *
 * Run:    udp_echoserv                         in one terminal
 *         udp_echocli 127.0.0.1                in another
 * Watch:  no listen, no accept: one socket serves every client, and each datagram says who sent it.
 * See:    socket(2), bind(2), recvfrom(2), sendto(2), udp(7), RFC 862
 */
#include "../sockcommon/sockcommon.h"
#include <strings.h>

int main(int argc, char *argv[])
{
    // 1. arguments: the port; echo is port 7
    struct args args = parse_args(argc, argv, "udp_echoserv [-v] [PORT=7]");

    // 2. signal: if nobody reads its messages any more, the server goes on
    signal(SIGPIPE, SIG_IGN);

    // 3. socket: open a datagram socket
    int s = socket(PF_INET, SOCK_DGRAM, 0);
    if (s < 0)
        fail("socket fail");

    // 4. servaddr: any local address, and the port, in network byte order
    struct sockaddr_in servaddr;
    bzero(&servaddr, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    servaddr.sin_addr.s_addr = htonl(INADDR_ANY);
    servaddr.sin_port = htons(port_or_well_known(args.port, 7));

    // 5. bind: give the socket its address
    if (bind(s, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        fail("bind fail");
    fprintf(stderr, "%s에서 데이터그램을 기다립니다.\n", sock_ntop(&servaddr));

    // 6. recvfrom: take the next datagram and who sent it
    char buf[MAXLINE];
    while (1) {
        struct sockaddr_in cliaddr;
        socklen_t addrlen = sizeof(cliaddr);
        ssize_t nbyte = recvfrom(s, buf, MAXLINE, 0, (struct sockaddr *)&cliaddr, &addrlen);
        if (nbyte < 0) {
            perror("recvfrom fail");
            rest(); // out of memory
            continue;
        }
        if (args.verbose) {
            printf("%s\n", sock_ntop(&cliaddr));
            flush_stdout();
        }

        // 7. sendto: send it back, all of its 0 to 65507 bytes
        if (sendto(s, buf, nbyte, 0, (struct sockaddr *)&cliaddr, addrlen) < 0)
            perror("sendto fail");
    }
}
