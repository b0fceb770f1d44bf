/* 시스템이 정해 준 포트번호 알아보기 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

int main(int argc, char *argv[])
{
    int sd1, sd2;
    socklen_t addrlen = sizeof(struct sockaddr_in);
    struct sockaddr_in servaddr, myaddr;

    if ((sd1 = socket(PF_INET, SOCK_STREAM, 0)) < 0) {
        perror("socket");
        exit(1);
    }
    if ((sd2 = socket(PF_INET, SOCK_DGRAM, 0)) < 0) {
        perror("socket");
        exit(1);
    }
    memset(&servaddr, 0, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    servaddr.sin_addr.s_addr = inet_addr("127.0.0.1");
    servaddr.sin_port = htons(7);

    if (connect(sd1, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0) {
        perror("connect 실패");
        exit(1);
    }
    getsockname(sd1, (struct sockaddr *)&myaddr, &addrlen);
    printf("스트림 소켓 포트번호 = %d\n", ntohs(myaddr.sin_port));

    if (sendto(sd2, "hello", 5, 0, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0) {
        perror("sendto 실패");
        exit(1);
    }
    getsockname(sd2, (struct sockaddr *)&myaddr, &addrlen);
    printf("데이터그램 소켓 포트번호 = %d\n", ntohs(myaddr.sin_port));

    close(sd1);
    close(sd2);
    exit(0);
}
