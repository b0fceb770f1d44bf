// getaddrinfo knows services as well as names.
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "swap.h"

int main(void)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM}, *found;

    int error = getaddrinfo("127.0.0.1", "echo", &hints, &found);
    if (error != 0) {
        printf("서비스 정보를 얻을 수 없음\n");
        fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(error));
        return 1;
    }
    uint16_t port = ((struct sockaddr_in *)found->ai_addr)->sin_port;
    freeaddrinfo(found);

    printf("2개의 바이트 순서\n");
    printf("UDP 에코 포트번호(호스트 순서)   : %u\n", from_network(port));
    printf("UDP 에코 포트번호(네트워크 순서) : %u\n", port);
    return 0;
}
