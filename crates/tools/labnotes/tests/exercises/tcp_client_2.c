// Sends and never reads: tcp_client_2 IP PORT
#include "../sockcommon/sockcommon.h"

int main(int argc, char *argv[])
{
    struct args args = parse_args(argc, argv, "tcp_client_2 IP PORT");
    struct sockaddr_in servaddr = {.sin_family = AF_INET, .sin_port = htons(args.port)};
    inet_pton(AF_INET, args.ip, &servaddr.sin_addr);
    int s = socket(PF_INET, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        fail("connect fail");

    static char buf[MAXLINE];
    for (long sent = 0;;) {
        ssize_t n = write(s, buf, sizeof(buf));
        if (n < 0)
            fail("write fail");
        printf("%ld\n", sent += n);
        flush_stdout();
    }
}
