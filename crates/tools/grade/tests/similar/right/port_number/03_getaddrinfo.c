/* a table of the two kinds, and one loop */
#define _GNU_SOURCE
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct kind {
    int type;
    const char *name;
    int fd;
} kinds[] = {
    { SOCK_STREAM, "스트림", -1 },
    { SOCK_DGRAM, "데이터그램", -1 },
};
#define N (sizeof kinds / sizeof kinds[0])

int main(void)
{
    size_t i;
    for (i = 0; i < N; i++) {
        struct kind *k = &kinds[i];
        struct addrinfo h, *ai;
        struct sockaddr_storage me;
        socklen_t ml = sizeof me;
        char serv[NI_MAXSERV];
        int e;

        memset(&h, 0, sizeof h);
        h.ai_family = AF_INET;
        h.ai_socktype = k->type;
        h.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
        if ((e = getaddrinfo("127.0.0.1", "7", &h, &ai))) {
            fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(e));
            return 1;
        }
        k->fd = socket(ai->ai_family, ai->ai_socktype, ai->ai_protocol);
        if (k->fd < 0) {
            perror("socket");
            return 1;
        }
        if (k->type == SOCK_STREAM)
            e = connect(k->fd, ai->ai_addr, ai->ai_addrlen);
        else
            e = sendto(k->fd, "x", 1, 0, ai->ai_addr, ai->ai_addrlen);
        if (e < 0) {
            perror(k->name);
            return 1;
        }
        freeaddrinfo(ai);
        if (getsockname(k->fd, (struct sockaddr *)&me, &ml) < 0) {
            perror("getsockname");
            return 1;
        }
        e = getnameinfo((struct sockaddr *)&me, ml, NULL, 0, serv, sizeof serv,
                        NI_NUMERICSERV | (k->type == SOCK_DGRAM ? NI_DGRAM : 0));
        if (e) {
            fprintf(stderr, "getnameinfo: %s\n", gai_strerror(e));
            return 1;
        }
        printf("%s 소켓 포트번호 = %s\n", k->name, serv);
    }
    for (i = 0; i < N; i++)
        close(kinds[i].fd);
    return 0;
}
