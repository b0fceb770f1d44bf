#include <stdio.h>

#include "convert.h"

int main(int argc, char *argv[])
{
    unsigned int number;
    char text[16];

    if (argc != 2)
        die("usage: ascii_ip IP");
    number = to_number(argv[1]);
    to_text(number, text);
    printf("* 입력한 dotted decimal IP 주소 : %s\n\n", argv[1]);
    printf("inet_pton(%s) = 0x%X\n", argv[1], number);
    printf("inet_ntop(0x%X) = %s\n", number, text);
    return 0;
}
