// How many sockets will open?
#include "../sockcommon/sockcommon.h"
#include <sys/resource.h>

int main(void)
{
    closefrom(3);  // whoever started it may have left more open than 0, 1 and 2
    int n = 0;
    while (socket(PF_INET, SOCK_STREAM, 0) >= 0)
        n++;
    fprintf(stderr, "%d\n", n);
    fail("socket fail");
}
