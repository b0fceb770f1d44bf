#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netdb.h>
#include <arpa/inet.h>

static char room[65536];
static struct hostent store;
static int why;

static void *lookup(void *name)
{
    struct hostent *r = NULL;
    gethostbyname_r(name, &store, room, sizeof room, &r, &why);
    return r;
}

int main(int argc, char *argv[])
{
    pthread_t t;
    void *v;
    struct hostent *h;
    int e, k;

    if (argc != 2) return fprintf(stderr, "usage: %s NAME\n", argv[0]), EXIT_FAILURE;
    if ((e = pthread_create(&t, NULL, lookup, argv[1])) || (e = pthread_join(t, &v)))
        return fprintf(stderr, "thread: %s\n", strerror(e)), EXIT_FAILURE;
    if (!(h = v))
        return fprintf(stderr, "%s: %s\n", argv[1], hstrerror(why)), EXIT_FAILURE;
    printf("호스트 이름 : %s\n", h->h_name);
    printf("호스트 주소타입 번호 : %d\n", h->h_addrtype);
    printf("호스트 주소의 길이 : %d\n", h->h_length);
    k = 0;
    do {
        char s[INET_ADDRSTRLEN];
        printf("IP주소(%d번째) : %s\n", k + 1, inet_ntop(AF_INET, h->h_addr_list[k], s, sizeof s));
    } while (h->h_addr_list[++k]);
    for (char **a = h->h_aliases; *a; a++)
        printf("호스트 별명(%d 번째) : %s\n", (int)(a - h->h_aliases) + 1, *a);
    return EXIT_SUCCESS;
}
