#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* 끝까지 쓰기 */
static int put_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t k = write(fd, p, n);
        if (k <= 0) return -1;
        p += k;
        n -= (size_t)k;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    static char line[4096];
    struct sockaddr_in sin;
    unsigned int word = 0;
    char back[INET_ADDRSTRLEN];
    int n;

    memset(&sin, 0, sizeof sin);
    sin.sin_family = AF_INET;
    if (argc != 2 || inet_pton(sin.sin_family, argv[1], &sin.sin_addr) <= 0) {
        static const char m[] = "ascii_ip: need one dotted decimal address\n";
        put_all(2, m, sizeof m - 1);
        return 2;
    }
    memcpy(&word, &sin.sin_addr.s_addr, 4);
    if (inet_ntop(AF_INET, &sin.sin_addr, back, sizeof back) == NULL)
        return 3;
    n = snprintf(line, sizeof line,
                 "inet_pton(%s) = 0x%X\n"
                 "inet_ntop(0x%X) = %s\n", argv[1], word, word, back);
    return put_all(1, line, (size_t)n) < 0 ? 4 : 0;
}
