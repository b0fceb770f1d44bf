// Reads while it writes, so that its line comes back however small the buffers are: tcp_echocli_4 IP PORT
#include "../sockcommon/sockcommon.h"
#include <poll.h>

int main(int argc, char *argv[])
{
    const char *usage = "tcp_echocli_4 IP PORT";
    struct args args = parse_args(argc, argv, usage);
    struct sockaddr_in servaddr = {.sin_family = AF_INET, .sin_port = htons(args.port)};
    if (inet_pton(AF_INET, args.ip, &servaddr.sin_addr) != 1)
        wrong_usage(usage);
    int s = socket(PF_INET, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        fail("connect fail");

    static char buf[MAXLINE];
    size_t n = fread(buf, 1, sizeof(buf), stdin), sent = 0, nread = 0;
    while (nread < n) {
        // What has come back needs no place of its own: it is what was sent.
        struct pollfd fd = {.fd = s, .events = POLLIN | (sent < n ? POLLOUT : 0)};
        if (poll(&fd, 1, -1) < 0)
            fail("poll fail");
        if (fd.revents & POLLOUT) {
            ssize_t w = send(s, buf + sent, n - sent, MSG_DONTWAIT);
            if (w < 0)
                fail("send fail");
            sent += w;
        }
        if (fd.revents & ~POLLOUT) {
            ssize_t r = read(s, buf + nread, sent - nread);
            if (r <= 0)
                fail("read fail");
            nread += r;
        }
    }
    fwrite(buf, 1, n, stdout);
    flush_stdout();
    return close(s);
}
