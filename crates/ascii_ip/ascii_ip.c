/*
 * ascii_ip: an IP address from text to its four bytes and back (slides 21, 22).
 *
 * Run:    ascii_ip 210.115.36.231
 * Watch:  D2 73 24 E7 in memory; a little-endian host prints the number 0xE72473D2.
 * See:    inet_pton(3), inet_ntop(3)
 */
#include "../sockcommon/sockcommon.h"

int main(int argc, char *argv[])
{
    // 1. arguments: an address in dotted decimal
    struct args args = parse_args(argc, argv, "ascii_ip IP");

    // 2. inet_pton: from presentation to number, in network byte order
    struct in_addr inaddr;
    if (inet_pton(AF_INET, args.ip, &inaddr.s_addr) != 1)
        wrong_usage(args.usage);
    printf("* 입력한 dotted decimal IP 주소 : %s\n\n", args.ip);
    printf("inet_pton(%s) = 0x%X\n", args.ip, inaddr.s_addr);

    // 3. inet_ntop: from number to presentation
    char buf[INET_ADDRSTRLEN];
    if (inet_ntop(AF_INET, &inaddr.s_addr, buf, sizeof(buf)) == NULL)
        fail("inet_ntop fail");
    printf("inet_ntop(0x%X) = %s\n", inaddr.s_addr, buf);
    return flush_stdout();
}
