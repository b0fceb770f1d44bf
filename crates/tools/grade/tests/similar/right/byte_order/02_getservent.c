#include <arpa/inet.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE "echo"
#define PROTO   "udp"

static int named(const struct servent *s)
{
    char **a;
    if (!strcmp(s->s_name, SERVICE)) return 1;
    for (a = s->s_aliases; *a; a++)
        if (!strcmp(*a, SERVICE)) return 1;
    return 0;
}

int main(int argc, char **argv)
{
    struct servent *s;
    uint16_t net;
    (void)argc; (void)argv;

    setservent(1);
    while ((s = getservent()) != NULL)
        if (!strcmp(s->s_proto, PROTO) && named(s))
            goto found;
    endservent();
    puts("서비스 정보를 얻을 수 없음");
    return EXIT_FAILURE;
found:
    net = (uint16_t)s->s_port;
    endservent();
    printf("UDP 에코 포트번호(네트워크 순서) : %hu\n", net);
    printf("UDP 에코 포트번호(호스트 순서) : %hu\n", (uint16_t)((net >> 8) | (net << 8)));
    return EXIT_SUCCESS;
}
