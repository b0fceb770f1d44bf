#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    struct sockaddr_in servaddr;
    char buf[1024];
    int s, n;

    if (argc != 2) {
        printf("usage: %s IP\n", argv[0]);
        exit(1);
    }

    s = socket(PF_INET, SOCK_STREAM, 0);
    if (s < 0) {
        printf("socket fail\n");
        exit(1);
    }

    bzero((char *)&servaddr, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    if (inet_pton(AF_INET, argv[1], &servaddr.sin_addr) != 1) {
        printf("%s is not an IP address\n", argv[1]);
        exit(1);
    }
    servaddr.sin_port = htons(13);

    if (connect(s, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0) {
        printf("connect fail\n");
        exit(1);
    }

    while ((n = read(s, buf, sizeof(buf))) > 0)
        fwrite(buf, 1, n, stdout);
    if (n < 0) {
        printf("read fail\n");
        exit(1);
    }

    close(s);
    return 0;
}
