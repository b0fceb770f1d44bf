/*
 * tcp_echoserv: the iterative TCP echo server (slides 15, 36-44).
 *
 * Run:    tcp_echoserv                         in one terminal
 *         tcp_echocli 127.0.0.1                in another
 * Watch:  one client at a time: a second one connects at once but waits for its echo until the first has closed.
 * See:    socket(2), bind(2), listen(2), accept(2), read(2), write(2), RFC 862
 */
#include "../sockcommon/sockcommon.h"
#include <strings.h>

int main(int argc, char *argv[])
{
    // 1. arguments: the port; echo is port 7
    struct args args = parse_args(argc, argv, "tcp_echoserv [-v] [PORT=7]");

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
    servaddr.sin_port = htons(port_or_well_known(args.port, 7));

    // 5. bind: give the socket its address
    if (bind(listen_sock, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        fail("bind fail");

    // 6. listen: make the socket passive; the backlog is 5
    if (listen(listen_sock, 5) < 0)
        fail("listen fail");
    fprintf(stderr, "%s에서 연결을 기다립니다.\n", sock_ntop(&servaddr));

    // 7. accept: take the next client that waits
    char buf[MAXLINE];
    while (1) {
        struct sockaddr_in cliaddr;
        socklen_t addrlen = sizeof(cliaddr);
        int accp_sock = accept(listen_sock, (struct sockaddr *)&cliaddr, &addrlen);
        if (accp_sock < 0) {
            perror("accept fail");
            rest(); // out of descriptors or memory
            continue;
        }
        if (args.verbose) {
            printf("%s\n", sock_ntop(&cliaddr));
            flush_stdout();
        }

        // 8. read, write: echo whatever comes, until the client closes
        ssize_t n;
        while ((n = read(accp_sock, buf, MAXLINE)) > 0) {
            if (writen(accp_sock, buf, n) < 0) {
                perror("write fail");
                break;
            }
        }
        if (n < 0)
            perror("read fail");

        // 9. close: this client is done, the server goes on
        if (close(accp_sock) < 0)
            perror("close fail");
    }
}
