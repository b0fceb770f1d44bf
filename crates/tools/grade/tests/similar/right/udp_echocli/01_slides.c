/* UDP 에코 클라이언트 (강의자료 방식) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#define MAXLINE 4096

int main(int argc, char *argv[])
{
    struct sockaddr_in servaddr;
    socklen_t addrlen = sizeof(servaddr);
    int s, nbyte;
    char buf[MAXLINE + 1];

    if (argc != 2) {
        fprintf(stderr, "사용법: %s ip_address\n", argv[0]);
        exit(1);
    }
    if ((s = socket(PF_INET, SOCK_DGRAM, 0)) < 0) {
        perror("socket");
        exit(1);
    }
    memset(&servaddr, 0, addrlen);
    servaddr.sin_family = AF_INET;
    if (inet_pton(AF_INET, argv[1], &servaddr.sin_addr) <= 0) {
        fprintf(stderr, "주소 오류: %s\n", argv[1]);
        exit(1);
    }
    servaddr.sin_port = htons(7);

    printf("입력 : ");
    if (fgets(buf, sizeof(buf), stdin) == NULL)
        exit(0);
    if (sendto(s, buf, strlen(buf), 0, (struct sockaddr *)&servaddr, addrlen) < 0) {
        perror("sendto");
        exit(1);
    }
    nbyte = recvfrom(s, buf, MAXLINE, 0, NULL, NULL);
    if (nbyte < 0) {
        perror("recvfrom");
        exit(1);
    }
    printf("수신 : ");
    fwrite(buf, 1, nbyte, stdout);
    close(s);
    exit(0);
}
