#include <inttypes.h>
#include <stdio.h>
#include "conv.h"

int main(int ac, char **av)
{
    union ip4 a = { .w = 0 };
    if (ac < 2) return fputs("ascii_ip: 주소가 없습니다\n", stderr), 1;
    if (!ip4_parse(av[1], &a)) return fprintf(stderr, "ascii_ip: 주소가 아님: %s\n", av[1]), 1;
    printf("inet_pton(%s) = 0x%" PRIX32 "\n", av[1], a.w);
    printf("inet_ntop(0x%" PRIX32 ") = %s\n", a.w, ip4_text(&a));
    return 0;
}
