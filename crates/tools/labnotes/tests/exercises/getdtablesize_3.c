// Ten sockets, and then a limit of 5
#include "../sockcommon/sockcommon.h"
#include <sys/resource.h>

int main(void)
{
    closefrom(3);  // whoever started it may have left more open than 0, 1 and 2
    for (int s = 3; s < 13; s++)
        if (socket(PF_INET, SOCK_STREAM, 0) != s)
            return 1;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 5;
    setrlimit(RLIMIT_NOFILE, &limit);

    struct sockaddr_in addr = {.sin_family = AF_INET};
    for (int s = 3; s < 13; s++)
        if (bind(s, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(s, 5) < 0)
            fail("an open one");
    for (int closed = 12; closed >= 3; closed--) {
        close(closed);
        int s = socket(PF_INET, SOCK_STREAM, 0);
        printf("%d closed: %d\n", closed, s);
        close(s);
    }
    return 0;
}
