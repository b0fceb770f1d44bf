/* poll() 은 nfds 가 RLIMIT_NOFILE 보다 크면 EINVAL 을 돌려준다 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

static struct pollfd *p;
static size_t room;

/* 1: poll takes n entries, 0: it doesn't, -1: something else is wrong */
static int takes(size_t n)
{
    struct pollfd *q;

    if (n > room) {
        if ((q = realloc(p, n * sizeof *p)) == NULL)
            return -1;
        p = q;
        for (; room < n; room++) {
            p[room].fd = -1;
            p[room].events = 0;
        }
    }
    while (poll(p, n, 0) < 0) {
        if (errno == EINVAL)
            return 0;
        if (errno != EINTR)
            return -1;
    }
    return 1;
}

int main(void)
{
    size_t yes = 0, no = 1, mid;
    int r;

    while ((r = takes(no)) == 1) {
        yes = no;
        no *= 2;
    }
    if (r < 0)
        goto bad;
    while (no - yes > 1) {
        mid = yes + (no - yes) / 2;
        if ((r = takes(mid)) < 0)
            goto bad;
        if (r)
            yes = mid;
        else
            no = mid;
    }
    printf("getdtablesize() = %zu\n", yes);
    free(p);
    return 0;
bad:
    perror("getdtablesize");
    return 1;
}
