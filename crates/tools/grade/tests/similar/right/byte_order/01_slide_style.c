#include <stdio.h>
#include <stdlib.h>
#include <netdb.h>
#include <arpa/inet.h>

int main(void)
{
    struct servent *servp;

    if ((servp = getservbyname("echo", "udp")) == NULL) {
        printf("서비스 정보를 얻을 수 없음\n\n");
        exit(1);
    }
    printf("UDP 에코 포트번호(네트워크 순서) : %d\n", servp->s_port);
    printf("UDP 에코 포트번호(호스트 순서) : %d\n", ntohs(servp->s_port));
    exit(0);
}
