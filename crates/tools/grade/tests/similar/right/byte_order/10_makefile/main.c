#include <stdio.h>
#include "service.h"

int main(void)
{
    struct port p;
    if (find_port("echo", "udp", &p) < 0) {
        fprintf(stdout, "서비스 정보를 얻을 수 없음\n");
        fprintf(stderr, "(echo/udp is not in /etc/services)\n");
        return 1;
    }
    printf("UDP 에코 포트번호(네트워크 순서) : %u\n", p.net);
    printf("UDP 에코 포트번호(호스트 순서) : %u\n", p.host);
    return 0;
}
