// getnameinfo(3): the successor of gethostbyaddr, for both kinds of addresses.
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static bool parse(const char *text, struct sockaddr_in *addr)
{
    memset(addr, 0, sizeof *addr);
    addr->sin_family = AF_INET;
    return inet_pton(AF_INET, text, &addr->sin_addr) == 1;
}

static int look_up(const struct sockaddr_in *addr, char *name, socklen_t size)
{
    return getnameinfo((const struct sockaddr *)addr, sizeof *addr, name, size, NULL, 0, NI_NAMEREQD);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc != 2) {
        fprintf(stderr, "usage: %s IP\n", *argv);
        return 2;
    }

    struct sockaddr_in addr;
    if (!parse(argv[1], &addr)) {
        fprintf(stderr, "%s: 올바르지 않은 주소\n", argv[1]);
        return 2;
    }
    fprintf(stderr, "[log] %s -> %08x\n", argv[1], ntohl(addr.sin_addr.s_addr));

    char name[NI_MAXHOST];
    int error = look_up(&addr, name, sizeof name);
    if (error != 0) {
        fprintf(stderr, "getnameinfo: %s\n", gai_strerror(error));
        return 1;
    }
    printf("IP 주소 : %s\n호스트 이름 : %s\n", argv[1], name);
    return 0;
}
