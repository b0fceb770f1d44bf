/*
 * connected_udp: what connect does to a datagram socket, in four acts (slide 49).
 *
 * Run:    udp_echoserv                         in one terminal
 *         connected_udp 127.0.0.1              in another
 * Watch:  connect sends nothing and so succeeds even where nobody listens; that comes out at recv.
 * See:    connect(2), send(2), recv(2), udp(7)
 */
#include "../sockcommon/sockcommon.h"
#include <strings.h>
#include <sys/time.h>

#define NOBODY 1  // tcpmux: no datagram server has ever had it

int main(int argc, char *argv[])
{
    // 1. arguments: the server's address; echo is port 7
    struct args args = parse_args(argc, argv, "connected_udp IP [PORT=7]");

    // 2. socket: open a datagram socket that does not wait for ever
    int s = socket(PF_INET, SOCK_DGRAM, 0);
    if (s < 0)
        fail("socket fail");
    struct timeval timeout = {ANSWER_TIMEOUT, 0};
    if (setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
        fail("setsockopt fail");

    // 3. connect: to a port where nobody listens; no error
    struct sockaddr_in servaddr;
    bzero(&servaddr, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    if (inet_pton(AF_INET, args.ip, &servaddr.sin_addr) != 1)
        wrong_usage(args.usage);
    servaddr.sin_port = htons(NOBODY);
    if (connect(s, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        fail("connect fail");
    printf("1. connect(%s) : 성공. 이 포트에는 서버가 없습니다.\n", sock_ntop(&servaddr));

    // 4. send, recv: here is the error
    char buf[MAXLINE];
    if (send(s, "", 0, 0) < 0)
        fail("send fail");
    ssize_t nbyte = recv(s, buf, MAXLINE, 0);
    printf("   send() : 성공, recv() : %s\n", nbyte < 0 ? strerror(errno) : "성공");

    // 5. connect: again, now to the server; the peer changes
    servaddr.sin_port = htons(port_or_well_known(args.port, 7));
    if (connect(s, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        fail("connect fail");
    struct sockaddr_in peeraddr;
    socklen_t addrlen = sizeof(peeraddr);
    if (getpeername(s, (struct sockaddr *)&peeraddr, &addrlen) < 0)
        fail("getpeername fail");
    printf("2. connect(%s) : 성공. 통신 상대가 바뀌었습니다.\n", sock_ntop(&peeraddr));

    // 6. get_line: read one line from the keyboard
    printf("3. send()와 recv()에는 주소가 필요 없습니다.\n입력 : ");
    flush_stdout();
    size_t n = get_line(buf, sizeof(buf));
    if (n == 0)
        return 0; // the end of input

    // 7. send, recv: with the server, without an address
    if (send(s, buf, n, 0) < 0)
        fail("send fail");
    while ((nbyte = recv(s, buf, MAXLINE, 0)) < 0 && errno == EINTR)
        ; // Ctrl+Z and fg: wait again
    if (nbyte < 0)
        fail("recv fail");
    printf("수신 : ");
    fwrite(buf, 1, nbyte, stdout);

    // 8. connect: with AF_UNSPEC, the end of the connection (BSD and macOS say EAFNOSUPPORT and do it all the same)
    servaddr.sin_family = AF_UNSPEC;
    if (connect(s, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0 && errno != EAFNOSUPPORT)
        fail("connect fail");
    int none = getpeername(s, (struct sockaddr *)&peeraddr, &addrlen);
    printf("4. connect(AF_UNSPEC) : 성공. getpeername() : %s\n", none < 0 ? strerror(errno) : sock_ntop(&peeraddr));

    // 9. close: the socket is done with
    if (close(s) < 0)
        fail("close fail");
    return flush_stdout();
}
