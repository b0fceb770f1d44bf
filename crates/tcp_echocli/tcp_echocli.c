/*
 * tcp_echocli: sends one line to an echo server and shows what comes back (slides 28-32, 34).
 *
 * Run:    tcp_echoserv                         in one terminal
 *         tcp_echocli 127.0.0.1                in another
 * Watch:  TCP is a stream of bytes: the echo may come in pieces, so read goes on until all of it is there.
 * See:    socket(2), connect(2), write(2), read(2), fgets(3), RFC 862
 */
#include "../sockcommon/sockcommon.h"
#include <strings.h>

int main(int argc, char *argv[])
{
    // 1. arguments: the server's address; echo is port 7
    struct args args = parse_args(argc, argv, "tcp_echocli IP [PORT=7]");

    // 2. signal: a server that has gone is an error of write, not the end of this program
    signal(SIGPIPE, SIG_IGN);

    // 3. socket: open a stream socket
    int s = socket(PF_INET, SOCK_STREAM, 0);
    if (s < 0)
        fail("socket fail");

    // 4. servaddr: the server's address and port, in network byte order
    struct sockaddr_in servaddr;
    bzero(&servaddr, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    if (inet_pton(AF_INET, args.ip, &servaddr.sin_addr) != 1)
        wrong_usage(args.usage);
    servaddr.sin_port = htons(port_or_well_known(args.port, 7));

    // 5. connect: ask the server for a connection
    if (connect(s, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        fail("connect fail");

    // 6. get_line: read one line from the keyboard
    char buf[MAXLINE];
    printf("입력 : ");
    flush_stdout();
    size_t n = get_line(buf, sizeof(buf));
    if (n == 0)
        return 0; // the end of input

    // 7. write: send the line to the server
    if (writen(s, buf, n) < 0)
        fail("write fail");

    // 8. read: until as many bytes are back, or the server closes
    size_t nread = 0;
    ssize_t r = 0;
    while (nread < n && (r = read(s, buf + nread, n - nread)) > 0)
        nread += r;
    if (r < 0)
        fail("read fail");

    // 9. printf: show the echo, or how much of it is missing
    if (nread < n) {
        fprintf(stderr, "서버가 연결을 먼저 닫아서 %zu바이트를 받지 못했습니다.\n", n - nread);
        exit(1);
    }
    printf("수신 : ");
    fwrite(buf, 1, n, stdout);

    // 10. close: the connection is over
    if (close(s) < 0)
        fail("close fail");
    return flush_stdout();
}
