#include <stdio.h>
#include <stdlib.h>
#include <netdb.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

int main(int argc, char *argv[])
{
    struct hostent *myhost;
    struct in_addr in;

    if (argc < 2) {
        printf("Usage: %s ip_address\n", argv[0]);
        exit(1);
    }
    if (inet_pton(AF_INET, argv[1], &in.s_addr) != 1) {
        printf("잘못된 주소 : %s\n", argv[1]);
        exit(1);
    }
    myhost = gethostbyaddr((char *)&in.s_addr, sizeof(in.s_addr), AF_INET);
    if (myhost == NULL) {
        printf("Error at gethostbyaddr()\n\n");
        exit(1);
    }
    printf("호스트 이름 : %s\n", myhost->h_name);
    return 0;
}
