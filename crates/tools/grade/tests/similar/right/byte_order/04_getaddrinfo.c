#include <stdio.h>
#include <string.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/types.h>
#include <sys/socket.h>

int main()
{
    struct addrinfo want, *got;
    struct sockaddr_in sa;
    int err;

    memset(&want, 0, sizeof want);
    want.ai_family = AF_INET;
    want.ai_socktype = SOCK_DGRAM;
    want.ai_protocol = IPPROTO_UDP;
    if ((err = getaddrinfo(NULL, "echo", &want, &got)) != 0) {
        fprintf(stderr, "echo/udp: %s\n", gai_strerror(err));
        printf("서비스 정보를 얻을 수 없음\n");
        return 1;
    }
    memcpy(&sa, got->ai_addr, sizeof sa);
    freeaddrinfo(got);
    printf("UDP 에코 포트번호(네트워크 순서) : %u\n", (unsigned)sa.sin_port);
    printf("UDP 에코 포트번호(호스트 순서)   : %u\n", (unsigned)ntohs(sa.sin_port));
    return 0;
}
