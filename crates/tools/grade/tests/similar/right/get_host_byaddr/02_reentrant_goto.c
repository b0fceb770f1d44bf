#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#define FAIL(...) do { fprintf(stderr, "get_host_byaddr: " __VA_ARGS__); fputc('\n', stderr); goto out; } while (0)

int main(int argc, char **argv)
{
    struct hostent store, *found = NULL;
    unsigned char four[4];
    char *mem = NULL, *bigger;
    size_t size = 1;
    int why = 0, e, rc = EXIT_FAILURE;

    if (argc != 2)
        FAIL("give me one IP address");
    if (inet_pton(AF_INET, argv[1], four) <= 0)
        FAIL("%s is not an IP address", argv[1]);
    for (;;) {
        if (!(bigger = realloc(mem, size)))
            FAIL("no memory");
        mem = bigger;
        e = gethostbyaddr_r(four, sizeof four, AF_INET, &store, mem, size, &found, &why);
        if (e != ERANGE)
            break;
        size += size;
    }
    if (e || !found)
        FAIL("%s: %s", argv[1], hstrerror(why));
    printf("호스트 이름 : %s\n", found->h_name);
    rc = EXIT_SUCCESS;
out:
    free(mem);
    return rc;
}
