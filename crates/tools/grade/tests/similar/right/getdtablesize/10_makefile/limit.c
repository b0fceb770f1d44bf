#include <sys/resource.h>
#include <unistd.h>

long soft_limit(void)
{
    struct rlimit now;
    if (prlimit(getpid(), RLIMIT_NOFILE, NULL, &now) < 0)
        return -1;
    return (long)now.rlim_cur;
}
