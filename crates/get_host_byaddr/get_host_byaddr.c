/*
 * get_host_byaddr: the name of a host from its address (slide 26).
 *
 * Run:    get_host_byaddr 211.32.119.151       (in scripts/lab: offline)
 * Watch:  the resolver wants the four bytes of the address, not its text.
 * See:    gethostbyaddr(3), inet_pton(3), hosts(5)
 */
#include "../sockcommon/sockcommon.h"
#include <netdb.h>

int main(int argc, char *argv[])
{
    // 1. arguments: an address in dotted decimal
    struct args args = parse_args(argc, argv, "get_host_byaddr IP");

    // 2. inet_pton: the address as four bytes, in network byte order
    struct in_addr in;
    if (inet_pton(AF_INET, args.ip, &in.s_addr) != 1)
        wrong_usage(args.usage);

    // 3. gethostbyaddr: ask the resolver
    struct hostent *myhost = gethostbyaddr((char *)&in.s_addr, sizeof(in.s_addr), AF_INET);
    if (myhost == NULL) {
        herror("Error at gethostbyaddr()");
        exit(1);
    }

    // 4. h_name: the official name
    printf("호스트 이름 : %s\n", myhost->h_name);
    return flush_stdout();
}
