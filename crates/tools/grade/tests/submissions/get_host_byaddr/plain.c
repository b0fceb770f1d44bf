#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    struct hostent *myhost;
    struct in_addr in;

    if (argc != 2) {
        printf("usage: %s IP\n", argv[0]);
        exit(1);
    }

    if (inet_pton(AF_INET, argv[1], &in.s_addr) != 1) {
        printf("%s is not an IP address\n", argv[1]);
        exit(1);
    }

    myhost = gethostbyaddr((char *)&(in.s_addr), sizeof(in.s_addr), AF_INET);
    if (myhost == NULL) {
        printf("Error at gethostbyaddr()\n");
        exit(1);
    }

    printf("호스트 이름 : %s\n", myhost->h_name);
    return 0;
}
