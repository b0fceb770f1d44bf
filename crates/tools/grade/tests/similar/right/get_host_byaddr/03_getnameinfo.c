#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* 주소 하나를 이름으로 */
static int name_of(const char *ip, char *name, socklen_t room)
{
    struct sockaddr_in sin;
    int e;
    memset(&sin, 0, sizeof sin);
    sin.sin_family = AF_INET;
    if (inet_pton(AF_INET, ip, &sin.sin_addr) != 1) {
        fprintf(stderr, "%s: 주소가 아님\n", ip);
        return -1;
    }
    e = getnameinfo((struct sockaddr *)&sin, sizeof sin, name, room, NULL, 0, NI_NAMEREQD);
    if (e) {
        fprintf(stderr, "%s: %s\n", ip, gai_strerror(e));
        return -1;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    char name[NI_MAXHOST];
    if (argc < 2) {
        fprintf(stderr, "usage: %s IP\n", argv[0]);
        return 1;
    }
    if (name_of(argv[1], name, sizeof name) < 0)
        return 1;
    return printf("호스트 이름 : %s\n", name) < 0;
}
