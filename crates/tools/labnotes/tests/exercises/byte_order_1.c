// What a host sees of ports in network byte order: byte_order_1 PORT...
#include "../sockcommon/sockcommon.h"

int main(int argc, char *argv[])
{
    for (int i = 1; i < argc; i++)
        printf("%d\n", htons(atoi(argv[i])));
    return 0;
}
