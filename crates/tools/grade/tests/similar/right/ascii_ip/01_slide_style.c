#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

int main(int argc, char *argv[])
{
    struct in_addr host_ip;
    char buf[20];

    if (argc != 2) {
        printf("사용법: %s IP\n", argv[0]);
        exit(1);
    }
    printf("* 입력한 dotted decimal IP 주소 : %s\n\n", argv[1]);
    if (inet_pton(AF_INET, argv[1], &host_ip) != 1) {
        printf("잘못된 주소: %s\n", argv[1]);
        exit(1);
    }
    printf(" inet_pton(%s) = 0x%X\n", argv[1], host_ip.s_addr);
    inet_ntop(AF_INET, &host_ip, buf, sizeof(buf));
    printf(" inet_ntop(0x%X) = %s\n", host_ip.s_addr, buf);
    return 0;
}
