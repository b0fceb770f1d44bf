#include "convert.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

void die(const char *why)
{
    fprintf(stderr, "%s\n", why);
    exit(EXIT_FAILURE);
}

unsigned int to_number(const char *ip)
{
    in_addr_t number;

    if (inet_pton(AF_INET, ip, &number) <= 0)
        die("올바르지 않은 주소");
    return number;
}

void to_text(unsigned int number, char text[16])
{
    struct in_addr address = {.s_addr = number};

    if (inet_ntop(AF_INET, &address, text, 16) == NULL)
        die("inet_ntop");
}
