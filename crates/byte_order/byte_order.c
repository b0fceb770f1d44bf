/*
 * byte_order: one port number in network and in host byte order (slides 7, 17-20).
 *
 * Run:    byte_order
 * Watch:  port 7 is 00 07 in memory; a little-endian host takes it for 0x0700 = 1792.
 * See:    getservbyname(3), ntohs(3), services(5)
 */
#include "../sockcommon/sockcommon.h"
#include <netdb.h>

int main(int argc, char *argv[])
{
    // 1. arguments: none
    parse_args(argc, argv, "byte_order");

    // 2. getservbyname: look the echo service up in /etc/services
    struct servent *servent = getservbyname("echo", "udp");
    if (servent == NULL) {
        fprintf(stderr, "서비스 정보를 얻을 수 없음\n");
        fprintf(stderr, "서비스 목록은 /etc/services에 있습니다. 파일이 없으면 설치하세요: apt-get install netbase\n");
        exit(1);
    }

    // 3. s_port: as it came, in network byte order
    printf("UDP 에코 포트번호(네트워크 순서) : %d\n", servent->s_port);

    // 4. ntohs: in host byte order
    printf("UDP 에코 포트번호(호스트 순서) : %d\n", ntohs(servent->s_port));
    return flush_stdout();
}
