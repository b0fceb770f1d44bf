#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *s)
{
    size_t left = strlen(s);
    while (left) {
        ssize_t n = write(STDOUT_FILENO, s, left);
        if (n < 0) {
            if (errno == EINTR) continue;
            _exit(9);
        }
        s += n;
        left -= n;
    }
}

int main(void)
{
    struct servent se, *res = NULL;
    size_t room = 16;
    char *buf = NULL, out[256];
    int e;

    do {
        room *= 2;
        if (!(buf = realloc(buf, room))) return 3;
        e = getservbyname_r("echo", "udp", &se, buf, room, &res);
    } while (e == ERANGE);
    if (!res) {
        say("서비스 정보를 얻을 수 없음\n");
        free(buf);
        return 1;
    }
    snprintf(out, sizeof out,
        "UDP 에코 포트번호(네트워크 순서) : %u\n"
        "UDP 에코 포트번호(호스트 순서) : %u\n",
        (unsigned)(unsigned short)res->s_port, ntohs((unsigned short)res->s_port));
    say(out);
    free(buf);
    return 0;
}
