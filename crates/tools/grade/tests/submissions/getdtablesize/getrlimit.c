// What getdtablesize() does inside, and what else there is to say.
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/select.h>

int main(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        err(EXIT_FAILURE, "getrlimit");
    printf("FD_SETSIZE = %d\n", FD_SETSIZE);
    printf("hard limit = %ju\n", (uintmax_t)limit.rlim_max);
    printf("getdtablesize () = %ju\n", (uintmax_t)limit.rlim_cur);
    return EXIT_SUCCESS;
}
