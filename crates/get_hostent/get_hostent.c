/*
 * get_hostent: what the resolver knows of a host's name (slides 23-25).
 *
 * Run:    get_hostent www.kangwon.ac.kr       (in scripts/lab: offline)
 * Watch:  a host can have several addresses and several aliases; the error is in h_errno, not errno.
 * See:    gethostbyname(3), inet_ntop(3), hosts(5)
 */
#include "../sockcommon/sockcommon.h"
#include <netdb.h>

int main(int argc, char *argv[])
{
    // 1. arguments: the name of a host
    struct args args = parse_args(argc, argv, "get_hostent NAME");

    // 2. gethostbyname: ask the resolver
    struct hostent *hp = gethostbyname(args.name);
    if (hp == NULL) {
        herror("gethostbyname fail");
        exit(1);
    }

    // 3. h_name, h_addrtype, h_length: the official name, 2 for AF_INET, 4 bytes
    printf("호스트 이름 : %s\n", hp->h_name);
    printf("호스트 주소타입 번호 : %d\n", hp->h_addrtype);
    printf("호스트 주소의 길이 : %d\n", hp->h_length);

    // 4. h_addr_list: every address, up to the NULL
    for (int i = 0; hp->h_addr_list[i]; i++) {
        struct in_addr in;
        memcpy(&in.s_addr, hp->h_addr_list[i], sizeof(in.s_addr));
        char buf[INET_ADDRSTRLEN];
        if (inet_ntop(AF_INET, &in, buf, sizeof(buf)) == NULL)
            fail("inet_ntop fail");
        printf("IP주소(%d번째) : %s\n", i + 1, buf);
    }

    // 5. h_aliases: every alias, up to the NULL
    for (int i = 0; hp->h_aliases[i]; i++)
        printf("호스트 별명(%d 번째) : %s\n", i + 1, hp->h_aliases[i]);
    return flush_stdout();
}
