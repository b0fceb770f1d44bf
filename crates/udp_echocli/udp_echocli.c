/*
 * udp_echocli: sends one line as a datagram to an echo server and shows what comes back (slides 45-47).
 *
 * Run:    udp_echoserv                         in one terminal
 *         udp_echocli 127.0.0.1                in another
 * Watch:  no connect, so nobody says that the server is missing: only the answer fails to come.
 * See:    socket(2), sendto(2), recvfrom(2), socket(7), RFC 862
 */
#include "../sockcommon/sockcommon.h"
#include <strings.h>
#include <sys/time.h>

int main(int argc, char *argv[])
{
    // 1. arguments: the server's address; echo is port 7
    struct args args = parse_args(argc, argv, "udp_echocli IP [PORT=7]");

    // 2. socket: open a datagram socket
    int s = socket(PF_INET, SOCK_DGRAM, 0);
    if (s < 0)
        fail("socket fail");

    // 3. setsockopt: a datagram may be lost, so don't wait for ever
    struct timeval timeout = {ANSWER_TIMEOUT, 0};
    if (setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
        fail("setsockopt fail");

    // 4. servaddr: the server's address and port, in network byte order
    struct sockaddr_in servaddr;
    bzero(&servaddr, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    if (inet_pton(AF_INET, args.ip, &servaddr.sin_addr) != 1)
        wrong_usage(args.usage);
    servaddr.sin_port = htons(port_or_well_known(args.port, 7));

    // 5. get_line: read one line from the keyboard
    char buf[MAXLINE];
    printf("입력 : ");
    flush_stdout();
    size_t n = get_line(buf, sizeof(buf));
    if (n == 0)
        return 0; // the end of input

    // 6. sendto: send the line to the server
    socklen_t addrlen = sizeof(servaddr);
    if (sendto(s, buf, n, 0, (struct sockaddr *)&servaddr, addrlen) < 0)
        fail("sendto fail");

    // 7. recvfrom: one datagram is the whole answer
    ssize_t nbyte;
    while ((nbyte = recvfrom(s, buf, MAXLINE, 0, (struct sockaddr *)&servaddr, &addrlen)) < 0 && errno == EINTR)
        ; // Ctrl+Z and fg: wait again
    if (nbyte < 0)
        fail("recvfrom fail");

    // 8. printf: show the echo
    printf("수신 : ");
    fwrite(buf, 1, nbyte, stdout);

    // 9. close: the socket is done with
    if (close(s) < 0)
        fail("close fail");
    return flush_stdout();
}
