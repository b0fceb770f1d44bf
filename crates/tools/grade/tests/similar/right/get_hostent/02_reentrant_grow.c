#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    struct hostent h, *r = NULL;
    char *buf = NULL, **p, text[INET6_ADDRSTRLEN];
    size_t room = 8;
    int herr = 0, e, n, rc = 1;

    if (argc != 2) {
        fprintf(stderr, "usage: get_hostent NAME\n");
        return 2;
    }
again:
    free(buf);
    buf = malloc(room);
    if (!buf) { perror("malloc"); return 3; }
    e = gethostbyname_r(argv[1], &h, buf, room, &r, &herr);
    if (e == ERANGE) { room *= 2; goto again; }
    if (e || !r) {
        fprintf(stderr, "%s: %s\n", argv[1], hstrerror(herr));
        goto out;
    }
    printf("호스트 이름 : %s\n호스트 주소타입 번호 : %d\n호스트 주소의 길이 : %d\n",
           r->h_name, r->h_addrtype, r->h_length);
    for (n = 1, p = r->h_addr_list; *p; p++, n++)
        printf("IP주소(%d번째) : %s\n", n, inet_ntop(r->h_addrtype, *p, text, sizeof text));
    for (n = 1, p = r->h_aliases; *p; p++, n++)
        printf("호스트 별명(%d 번째) : %s\n", n, *p);
    rc = 0;
out:
    free(buf);
    return rc;
}
