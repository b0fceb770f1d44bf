#include <stdio.h>
#include <netdb.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include "host.h"

int host_lookup(const char *name, struct host *out)
{
    struct hostent *h = gethostbyname(name);
    char **p;
    if (!h) {
        out->why = hstrerror(h_errno);
        return 1;
    }
    snprintf(out->name, MAXNAME, "%s", h->h_name);
    out->type = h->h_addrtype;
    out->length = h->h_length;
    for (p = h->h_addr_list; *p && out->nips < MAXITEM; p++)
        inet_ntop(AF_INET, *p, out->ip[out->nips++], 16);
    for (p = h->h_aliases; *p && out->naliases < MAXITEM; p++)
        snprintf(out->alias[out->naliases++], MAXNAME, "%s", *p);
    return 0;
}
