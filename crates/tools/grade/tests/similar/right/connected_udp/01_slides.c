/* 연결된 UDP (슬라이드 49) */
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
    struct sockaddr unspec;
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
    memset(&servaddr, 0, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    if (inet_pton(AF_INET, argv[1], &servaddr.sin_addr) != 1) {
        fprintf(stderr, "주소가 아님: %s\n", argv[1]);
        exit(1);
    }
    servaddr.sin_port = htons(7);
    if (connect(s, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0) {
        perror("connect");
        exit(1);
    }

    printf("입력 : ");
    fflush(stdout);
    if (fgets(buf, sizeof(buf), stdin) == NULL) {
        close(s);
        exit(0);
    }
    if (send(s, buf, strlen(buf), 0) < 0) {
        perror("send");
        exit(1);
    }
    if ((nbyte = recv(s, buf, MAXLINE, 0)) < 0) {
        perror("recv");
        exit(1);
    }
    printf("수신 : ");
    fwrite(buf, 1, nbyte, stdout);

    /* 연결 해제 */
    memset(&unspec, 0, sizeof(unspec));
    unspec.sa_family = AF_UNSPEC;
    if (connect(s, &unspec, sizeof(unspec)) < 0) {
        perror("connect AF_UNSPEC");
        exit(1);
    }
    close(s);
    exit(0);
}
