#include <arpa/inet.h>
#include "conv.h"

int ip4_parse(const char *s, union ip4 *out)
{
    return inet_pton(AF_INET, s, out->b) == 1;
}

const char *ip4_text(const union ip4 *in)
{
    static char t[64];
    return inet_ntop(AF_INET, in->b, t, sizeof t);
}
