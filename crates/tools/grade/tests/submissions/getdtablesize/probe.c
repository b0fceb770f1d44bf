#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* fd 번호 n 을 쓸 수 있는가? (F_DUPFD 는 한도 이상이면 EINVAL) */
static int allowed(int from, long n)
{
    int fd = fcntl(from, F_DUPFD, (int)n);
    if (fd >= 0) {
        close(fd);
        return 1;
    }
    return errno != EINVAL;     /* EMFILE: 번호는 되지만 다 쓰고 있음 */
}

int main(void)
{
    long lo = 0, hi = 0x7fffffff;
    while (lo < hi) {
        long mid = lo + (hi - lo) / 2;
        if (allowed(1, mid))
            lo = mid + 1;
        else
            hi = mid;
    }
    printf("getdtablesize() = %ld\n", lo);
    return 0;
}
