/* asks for lines until there is none */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAXLINE 8192

int main(int argc, char *argv[])
{
    struct sockaddr_in servaddr;
    socklen_t addrlen = sizeof(servaddr);
    static char buf[MAXLINE + 1];
    int s, n;

    if (argc != 2) {
        fprintf(stderr, "usage: %s IP\n", argv[0]);
        exit(1);
    }

    bzero((char *)&servaddr, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    servaddr.sin_port = htons(7);
    if (inet_pton(AF_INET, argv[1], &servaddr.sin_addr) != 1) {
        fprintf(stderr, "%s: not an address\n", argv[1]);
        exit(1);
    }

    if ((s = socket(PF_INET, SOCK_DGRAM, 0)) < 0) {
        perror("socket fail");
        exit(1);
    }

    for (;;) {
        printf("입력 : ");
        fflush(stdout);
        if (fgets(buf, MAXLINE, stdin) == NULL)
            break;
        n = strlen(buf);
        if (sendto(s, buf, n, 0, (struct sockaddr *)&servaddr, addrlen) < 0) {
            perror("sendto fail");
            exit(1);
        }
        n = recvfrom(s, buf, MAXLINE, 0, NULL, NULL);
        if (n < 0) {
            perror("recvfrom fail");
            exit(1);
        }
        printf("수신 : ");
        fwrite(buf, 1, n, stdout);
    }
    close(s);
    return 0;
}
