#include "print.h"

#include <arpa/inet.h>
#include <stdio.h>

static void print_addresses(char **list)
{
    for (int i = 1; *list != NULL; i++, list++)
        printf("IP주소(%d번째) : %s\n", i, inet_ntoa(*(struct in_addr *)*list));
}

static void print_aliases(char **list)
{
    for (int i = 1; *list != NULL; i++, list++)
        printf("호스트 별명(%d 번째) : %s\n", i, *list);
}

void print_host(const struct hostent *host)
{
    printf("호스트 이름 : %s\n", host->h_name);
    printf("호스트 주소타입 번호 : %d\n", host->h_addrtype);
    printf("호스트 주소의 길이 : %d\n", host->h_length);
    print_addresses(host->h_addr_list);
    print_aliases(host->h_aliases);
}
