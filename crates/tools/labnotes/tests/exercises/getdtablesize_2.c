// How many sockets will open once the soft limit is the hard one?
#include "../sockcommon/sockcommon.h"
#include <sys/resource.h>

int main(void)
{
    closefrom(3);  // whoever started it may have left more open than 0, 1 and 2
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        fail("getrlimit fail");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        fail("setrlimit fail");

    int n = 0;
    while (socket(PF_INET, SOCK_STREAM, 0) >= 0)
        n++;
    fprintf(stderr, "%d\n", n);
    fail("socket fail");
}
