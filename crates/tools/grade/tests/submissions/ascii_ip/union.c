// The four bytes and the number in one place; every byte shown; a prompt nobody asked for.
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

union address {
    uint32_t number;
    unsigned char bytes[4];
};

static int usage(const char *name)
{
    printf("%s: 주소를 하나 주세요 (예: 192.168.0.1)\n", name);
    return 64;
}

int main(int argc, char **argv)
{
    union address address;
    char text[INET6_ADDRSTRLEN];

    if (argc < 2)
        return usage(argv[0]);
    switch (inet_pton(AF_INET, argv[1], address.bytes)) {
    case 1:
        break;
    case 0:
        printf("%s은(는) 주소가 아니에요\n", argv[1]);
        return 65;
    default:
        printf("inet_pton: %s\n", strerror(errno));
        return 66;
    }

    printf("*입력한 dotted decimal IP 주소: %s\n", argv[1]);
    for (int i = 0; i < 4; i++)
        printf("byte %d at +%d : %3d = 0x%02X\n", i + 1, i, address.bytes[i], address.bytes[i]);
    printf("inet_pton( %s ) = 0x%08X\n", argv[1], address.number);
    inet_ntop(AF_INET, &address, text, sizeof(text));
    printf("inet_ntop( 0x%08X ) = %s\n", address.number, text);
    return 0;
}
