#include <string.h>
#include <netdb.h>
#include "service.h"

int find_port(const char *service, const char *proto, struct port *out)
{
    union { unsigned short s; unsigned char c[2]; } u;
    struct servent *e = getservbyname(service, proto);
    if (e == 0)
        return -1;
    u.s = e->s_port;
    out->net = u.s;
    out->host = u.c[0] * 256u + u.c[1];
    return 0;
}
