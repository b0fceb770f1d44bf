#include <stdio.h>
#include "host.h"

static struct host host;        /* 크다: 스택에 두지 않는다 */

int main(int argc, char *argv[])
{
    int i;

    if (argc <= 1) {
        printf("호스트 이름이 없음\n");
        return -1;
    }
    if (host_lookup(argv[1], &host)) {
        printf("호스트를 찾을 수 없음: %s\n", host.why);
        return -1;
    }
    printf("\t호스트 이름 : %s\n", host.name);
    printf("\t호스트 주소타입 번호 : %d\n", host.type);
    printf("\t호스트 주소의 길이 : %d\n", host.length);
    for (i = 0; i < host.nips; i++)
        printf("\tIP주소(%d번째) : %s\n", i + 1, host.ip[i]);
    for (i = 0; i < host.naliases; i++)
        printf("\t호스트 별명(%d 번째) : %s\n", i + 1, host.alias[i]);
    return 0;
}
