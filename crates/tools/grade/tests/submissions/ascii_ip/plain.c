#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    struct in_addr inaddr;
    char buf[16];

    if (argc != 2) {
        fprintf(stderr, "usage : %s IP\n", argv[0]);
        exit(1);
    }
    printf("* 입력한 dotted decimal IP 주소 : %s\n\n", argv[1]);

    if (inet_pton(AF_INET, argv[1], &inaddr.s_addr) != 1) {
        printf("inet_pton fail\n");
        exit(1);
    }
    printf("inet_pton(%s) = 0x%X\n", argv[1], inaddr.s_addr);

    if (inet_ntop(AF_INET, &inaddr.s_addr, buf, sizeof(buf)) == NULL) {
        perror("inet_ntop fail");
        exit(1);
    }
    printf("inet_ntop(0x%X) = %s\n", inaddr.s_addr, buf);
    return 0;
}
