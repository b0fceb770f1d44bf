/*
 * daytimeserv: the daytime server that mydaytime asks and today's machines lack (for slide 33).
 *
 * Run:    daytimeserv                          in one terminal
 *         mydaytime 127.0.0.1                  in another
 * Watch:  the server closes first: that is how the client knows that the answer is whole.
 * See:    accept(2), write(2), ctime(3), RFC 867
 */
#include "../sockcommon/sockcommon.h"
#include <strings.h>

int main(int argc, char *argv[])
{
    // 1. arguments: the port; daytime is port 13
    struct args args = parse_args(argc, argv, "daytimeserv [PORT=13]");

    // 2. signal: a client that has gone is an error of write, not the end of the server
    signal(SIGPIPE, SIG_IGN);

    // 3. socket: open a stream socket
    int listen_sock = socket(PF_INET, SOCK_STREAM, 0);
    if (listen_sock < 0)
        fail("socket fail");

    // 4. servaddr: any local address, and the port, in network byte order
    struct sockaddr_in servaddr;
    bzero(&servaddr, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    servaddr.sin_addr.s_addr = htonl(INADDR_ANY);
    servaddr.sin_port = htons(port_or_well_known(args.port, 13));

    // 5. bind: give the socket its address
    if (bind(listen_sock, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        fail("bind fail");

    // 6. listen: make the socket passive; the backlog is 5
    if (listen(listen_sock, 5) < 0)
        fail("listen fail");
    fprintf(stderr, "%s에서 연결을 기다립니다.\n", sock_ntop(&servaddr));

    // 7. accept: take the next client that waits
    while (1) {
        struct sockaddr_in cliaddr;
        socklen_t addrlen = sizeof(cliaddr);
        int accp_sock = accept(listen_sock, (struct sockaddr *)&cliaddr, &addrlen);
        if (accp_sock < 0) {
            perror("accept fail");
            rest(); // out of descriptors or memory
            continue;
        }

        // 8. ctime: the time as one line, "Mon Feb 26 11:00:21 2007"
        char buf[32];
        time_t now = time(NULL);
        ctime_r(&now, buf);

        // 9. write: the 24 characters and the end of the line
        memcpy(buf + 24, "\r\n", 2);
        if (writen(accp_sock, buf, 26) < 0)
            perror("write fail");

        // 10. close: the end of the answer
        if (close(accp_sock) < 0)
            perror("close fail");
    }
}
