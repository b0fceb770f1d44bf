#include <stdio.h>
#include <unistd.h>

long soft_limit(void);

int main(void)
{
    long n = soft_limit();
    if (n < 0) {
        perror("prlimit");
        return 1;
    }
    if (n != getdtablesize())
        fprintf(stderr, "이상함: getdtablesize()는 %d\n", getdtablesize());
    printf("getdtablesize() = %ld\n", n);
    return 0;
}
