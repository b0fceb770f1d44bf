#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <netinet/in.h>
#include <arpa/inet.h>

static int s = -1;

static int fail(const char *w)
{
    perror(w);
    if (s >= 0) close(s);
    return 1;
}

int main(int argc, char **argv)
{
    struct sockaddr_in to;
    char one[10], two[300];
    struct iovec v[2];
    struct msghdr m;

    if (argc - 1 != 1) { printf("one argument, the server's IP\n"); return 1; }
    bzero(&to, sizeof to);
    to.sin_family = AF_INET;
    to.sin_port = htons(13);
    if (inet_pton(AF_INET, argv[1], &to.sin_addr.s_addr) == 0) { printf("'%s' is no address\n", argv[1]); return 1; }
    s = socket(AF_INET, SOCK_STREAM, 0);
    if (s < 0) return fail("socket");
    if (connect(s, (struct sockaddr *)&to, sizeof to) != 0) return fail("connect");
    setvbuf(stdout, NULL, _IONBF, 0);
    for (;;) {
        ssize_t n, k;
        int i;
        v[0].iov_base = one; v[0].iov_len = sizeof one;
        v[1].iov_base = two; v[1].iov_len = sizeof two;
        memset(&m, 0, sizeof m);
        m.msg_iov = v; m.msg_iovlen = 2;
        n = recvmsg(s, &m, 0);
        if (n < 0) return fail("recvmsg");
        if (n == 0) break;
        for (i = 0; n > 0; i++, n -= k) {
            k = n < (ssize_t)v[i].iov_len ? n : (ssize_t)v[i].iov_len;
            if (fwrite(v[i].iov_base, 1, k, stdout) != (size_t)k) return fail("stdout");
        }
    }
    close(s);
    return 0;
}
