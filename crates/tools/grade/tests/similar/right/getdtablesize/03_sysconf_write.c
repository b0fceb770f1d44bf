#include <unistd.h>

static char buf[64];

static char *digits(end, n)
    char *end;
    long n;
{
    do
        *--end = '0' + n % 10;
    while ((n /= 10) > 0);
    return end;
}

int main()
{
    static char label[] = "getdtablesize() = ";
    char *end = buf + sizeof buf, *p;
    int i;
    long n = sysconf(_SC_OPEN_MAX);

    if (n < 0) {
        write(2, "sysconf failed\n", 15);
        return 1;
    }
    *--end = '\n';
    p = digits(end, n);
    for (i = sizeof label - 2; i >= 0; i--)
        *--p = label[i];
    end++;
    while (p < end) {
        ssize_t k = write(1, p, end - p);
        if (k <= 0)
            return 2;
        p += k;
    }
    return 0;
}
