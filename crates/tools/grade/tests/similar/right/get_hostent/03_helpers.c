#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef void (*item_fn)(FILE *, int, const char *, const struct hostent *);

static void die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

static void ip_item(FILE *f, int n, const char *v, const struct hostent *h)
{
    char t[64];
    fprintf(f, "IP주소(%d번째) : %s\n", n, inet_ntop(h->h_addrtype, v, t, sizeof t));
}

static void alias_item(FILE *f, int n, const char *v, const struct hostent *h)
{
    (void)h;
    fprintf(f, "호스트 별명(%d 번째) : %s\n", n, v);
}

static void each(FILE *f, char **list, item_fn fn, const struct hostent *h)
{
    int n = 0;
    while (*list)
        fn(f, ++n, *list++, h);
}

int main(int argc, char **argv)
{
    char *text;
    size_t len;
    FILE *f;
    struct hostent *h;

    if (argc < 2) die("get_hostent: 호스트 이름을 주세요");
    if (!(h = gethostbyname(argv[1]))) die("get_hostent: %s: %s", argv[1], hstrerror(h_errno));
    if (!(f = open_memstream(&text, &len))) die("open_memstream");
    fprintf(f, "호스트 이름 : %s\n", h->h_name);
    fprintf(f, "호스트 주소타입 번호 : %d\n", h->h_addrtype);
    fprintf(f, "호스트 주소의 길이 : %d\n", h->h_length);
    each(f, h->h_addr_list, ip_item, h);
    each(f, h->h_aliases, alias_item, h);
    fclose(f);
    if (fwrite(text, 1, len, stdout) != len || fflush(stdout)) die("write error");
    free(text);
    return EXIT_SUCCESS;
}
