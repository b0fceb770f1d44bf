#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/socket.h>
#include <netinet/in.h>

#define VLEN 16
static char bufs[VLEN][65536];

int main(int argc, char **argv)
{
    struct mmsghdr mm[VLEN];
    struct iovec iov[VLEN];
    struct sockaddr_in names[VLEN], me;
    unsigned long port;
    char *end;
    int s, i, n, k;

    if (argc != 2 || strlen(argv[1]) != strspn(argv[1], "0123456789")) goto usage;
    port = strtoul(argv[1], &end, 10);
    if (port - 1 > 65534) goto usage;
    s = socket(AF_INET, SOCK_DGRAM, 0);
    if (s < 0) { perror("socket"); return 1; }
    memset(&me, 0, sizeof me);
    me.sin_family = AF_INET;
    me.sin_port = htons(port);
    if (bind(s, (struct sockaddr *)&me, sizeof me)) { perror("bind"); return 1; }
    for (;;) {
        memset(mm, 0, sizeof mm);
        for (i = 0; i < VLEN; i++) {
            iov[i].iov_base = bufs[i];
            iov[i].iov_len = sizeof bufs[i];
            mm[i].msg_hdr.msg_iov = &iov[i];
            mm[i].msg_hdr.msg_iovlen = 1;
            mm[i].msg_hdr.msg_name = &names[i];
            mm[i].msg_hdr.msg_namelen = sizeof names[i];
        }
        n = recvmmsg(s, mm, VLEN, MSG_WAITFORONE, NULL);
        for (i = 0; i < n; i++)
            iov[i].iov_len = mm[i].msg_len;
        for (i = 0; i < n; i += k) {
            k = sendmmsg(s, mm + i, n - i, 0);
            if (k <= 0) k = errno == EINTR ? 0 : 1;      /* skip the one that can't be sent */
        }
    }
usage:
    fprintf(stderr, "usage: udp_echoserv PORT (1-65535)\n");
    return 1;
}
