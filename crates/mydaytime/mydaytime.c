/*
 * mydaytime: asks a daytime server for the time (slide 33).
 *
 * Run:    daytimeserv                          in one terminal
 *         mydaytime 127.0.0.1                  in another
 * Watch:  nobody says how long the answer is; it ends when the server closes.
 * See:    socket(2), connect(2), read(2), inet_pton(3), RFC 867
 */
#include "../sockcommon/sockcommon.h"
#include <strings.h>

int main(int argc, char *argv[])
{
    // 1. arguments: the server's address; daytime is port 13
    struct args args = parse_args(argc, argv, "mydaytime IP [PORT=13]");

    // 2. socket: open a stream socket
    int s = socket(PF_INET, SOCK_STREAM, 0);
    if (s < 0)
        fail("socket fail");

    // 3. servaddr: the server's address and port, in network byte order
    struct sockaddr_in servaddr;
    bzero(&servaddr, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    if (inet_pton(AF_INET, args.ip, &servaddr.sin_addr) != 1)
        wrong_usage(args.usage);
    servaddr.sin_port = htons(port_or_well_known(args.port, 13));

    // 4. connect: ask the server for a connection
    if (connect(s, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        fail("connect fail");

    // 5. read: until the server closes
    char buf[MAXLINE];
    ssize_t n;
    while ((n = read(s, buf, sizeof(buf))) > 0 && fwrite(buf, n, 1, stdout) == 1)
        ;
    if (n < 0)
        fail("read fail");

    // 6. close: this side too
    if (close(s) < 0)
        fail("close fail");
    return flush_stdout();
}
