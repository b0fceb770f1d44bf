#include <arpa/inet.h>
#include <stdio.h>
#include "resolve.h"

int main(int argc, char **argv)
{
    static char name[4096];
    struct in_addr in;

    if (argc != 2) { printf("IP 주소를 하나 주세요\n"); return 1; }
    if (inet_pton(AF_INET, argv[1], &in) != 1) { printf("%s: 주소가 아님\n", argv[1]); return 1; }
    if (resolve(&in, name, sizeof name) < 0) { printf("%s: 이름을 찾을 수 없음\n", argv[1]); return 1; }
    printf("호스트 이름 : %s\n", name);
    return 0;
}
