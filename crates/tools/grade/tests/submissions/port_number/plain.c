#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in servaddr, cliaddr;
    socklen_t len;
    int s1, s2;

    bzero((char *)&servaddr, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    inet_pton(AF_INET, "127.0.0.1", &servaddr.sin_addr);
    servaddr.sin_port = htons(7);

    s1 = socket(PF_INET, SOCK_STREAM, 0);
    if (connect(s1, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0) {
        printf("connect fail\n");
        exit(1);
    }
    len = sizeof(cliaddr);
    getsockname(s1, (struct sockaddr *)&cliaddr, &len);
    printf("스트림 소켓 포트번호 = %d\n", ntohs(cliaddr.sin_port));

    s2 = socket(PF_INET, SOCK_DGRAM, 0);
    if (sendto(s2, "hello", 5, 0, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0) {
        printf("sendto fail\n");
        exit(1);
    }
    len = sizeof(cliaddr);
    getsockname(s2, (struct sockaddr *)&cliaddr, &len);
    printf("데이터그램 소켓 포트번호 = %d\n", ntohs(cliaddr.sin_port));

    close(s1);
    close(s2);
    return 0;
}
