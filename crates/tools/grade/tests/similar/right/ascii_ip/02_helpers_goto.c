#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIE_IF(c, m) do { if (c) { fprintf(stderr, "%s\n", m); goto out; } } while (0)

static int to_bytes(const char *s, uint32_t *out)
{
    int r = inet_pton(AF_INET, s, out);
    if (r == 0) errno = EINVAL;
    return r == 1 ? 0 : -1;
}

int main(int argc, char **argv)
{
    int rc = EXIT_FAILURE;
    char *text = malloc(INET_ADDRSTRLEN);
    uint32_t *raw = calloc(1, sizeof *raw);

    DIE_IF(!text || !raw, "out of memory");
    DIE_IF(argc < 2, "usage: ascii_ip IP");
    DIE_IF(to_bytes(argv[1], raw) < 0, "not a dotted decimal address");
    DIE_IF(!inet_ntop(AF_INET, raw, text, INET_ADDRSTRLEN), strerror(errno));
    if (printf("* 입력한 dotted decimal IP 주소 : %s\n"
               "inet_pton(%s) = 0x%X\ninet_ntop(0x%X) = %s\n",
               argv[1], argv[1], *raw, *raw, text) > 0)
        rc = EXIT_SUCCESS;
out:
    free(raw);
    free(text);
    return rc;
}
