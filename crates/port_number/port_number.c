/*
 * port_number: which port the system gives a client that asked for none (slide 35).
 *
 * Run:    port_number                          alone: it is its own server, on loopback
 *         port_number 127.0.0.1                with tcp_echoserv in another terminal
 * Watch:  the stream socket has its port after connect, the datagram socket after its first sendto.
 * See:    getsockname(2), connect(2), sendto(2), ip(7)
 */
#include "../sockcommon/sockcommon.h"
#include <strings.h>

int main(int argc, char *argv[])
{
    // 1. arguments: a server's address, or none
    struct args args = parse_args(argc, argv, "port_number [IP [PORT=7]]");

    // 2. servaddr: the server's address and port, or loopback and the system's choice
    struct sockaddr_in servaddr;
    bzero(&servaddr, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    servaddr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (args.ip != NULL) {
        if (inet_pton(AF_INET, args.ip, &servaddr.sin_addr) != 1)
            wrong_usage(args.usage);
        servaddr.sin_port = htons(port_or_well_known(args.port, 7));
    }

    // 3. listen: without a server's address, be the server too
    int listen_sock = -1;
    socklen_t addrlen = sizeof(servaddr);
    if (args.ip == NULL) {
        listen_sock = socket(PF_INET, SOCK_STREAM, 0);
        if (listen_sock < 0)
            fail("socket fail");
        if (bind(listen_sock, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
            fail("bind fail");
        if (listen(listen_sock, 5) < 0)
            fail("listen fail");
        if (getsockname(listen_sock, (struct sockaddr *)&servaddr, &addrlen) < 0)
            fail("getsockname fail");
    }

    // 4. connect: now the stream socket has a port
    int stream_sock = socket(PF_INET, SOCK_STREAM, 0);
    if (stream_sock < 0)
        fail("socket fail");
    if (connect(stream_sock, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        fail("connect fail");

    // 5. getsockname: which port it is
    struct sockaddr_in cliaddr;
    addrlen = sizeof(cliaddr);
    if (getsockname(stream_sock, (struct sockaddr *)&cliaddr, &addrlen) < 0)
        fail("getsockname fail");
    printf("스트림 소켓 포트번호 = %d\n", ntohs(cliaddr.sin_port));

    // 6. sendto: now the datagram socket has a port
    int dgram_sock = socket(PF_INET, SOCK_DGRAM, 0);
    if (dgram_sock < 0)
        fail("socket fail");
    if (sendto(dgram_sock, "", 0, 0, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        fail("sendto fail");

    // 7. getsockname: which port it is
    addrlen = sizeof(cliaddr);
    if (getsockname(dgram_sock, (struct sockaddr *)&cliaddr, &addrlen) < 0)
        fail("getsockname fail");
    printf("데이터그램 소켓 포트번호 = %d\n", ntohs(cliaddr.sin_port));

    // 8. close: all of them
    if (close(stream_sock) < 0)
        fail("close fail");
    if (close(dgram_sock) < 0)
        fail("close fail");
    if (listen_sock >= 0 && close(listen_sock) < 0)
        fail("close fail");
    return flush_stdout();
}
