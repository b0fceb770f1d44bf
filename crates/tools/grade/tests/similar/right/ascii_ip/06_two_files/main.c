#include <stdio.h>

extern int convert(const char *ip, unsigned *number, char *text, int room);

int main(int argc, char *argv[])
{
    unsigned number;
    char text[16];              /* exactly INET_ADDRSTRLEN */

    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc == 1) {
        puts("IP 주소를 주세요");
        return 255;
    }
    switch (convert(argv[1], &number, text, sizeof text)) {
    case 0:
        break;
    case 1:
        printf("inet_pton: %s 는 주소가 아님\n", argv[1]);
        return 1;
    default:
        perror("inet_ntop");
        return 2;
    }
    printf("  * 입력한 dotted decimal IP 주소 : %s\n\n", argv[1]);
    printf("  inet_pton(%s) = 0x%X\n", argv[1], number);
    printf("  inet_ntop(0x%X) = %s\n", number, text);
    return 0;
}
