/* 에코 클라이언트 - 강의자료를 따라 작성 */
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
    struct sockaddr_in server_addr;
    int s, nbyte, got, r;
    char buf[MAXLINE + 1];

    if (argc != 2) {
        printf("사용법: %s IP\n", argv[0]);
        exit(1);
    }
    if ((s = socket(PF_INET, SOCK_STREAM, 0)) < 0) {
        printf("socket 실패\n");
        exit(1);
    }
    memset(&server_addr, 0, sizeof(server_addr));
    server_addr.sin_family = AF_INET;
    server_addr.sin_port = htons(7);
    if (inet_pton(AF_INET, argv[1], &server_addr.sin_addr) != 1) {
        printf("주소가 아닙니다: %s\n", argv[1]);
        exit(1);
    }
    if (connect(s, (struct sockaddr *)&server_addr, sizeof(server_addr)) < 0) {
        perror("connect");
        exit(1);
    }
    printf("입력 : ");
    fflush(stdout);
    if (fgets(buf, sizeof(buf), stdin) == NULL) {   /* 입력 끝 */
        close(s);
        exit(0);
    }
    nbyte = strlen(buf);
    if (send(s, buf, nbyte, MSG_NOSIGNAL) != nbyte) {
        perror("send");
        exit(1);
    }
    got = 0;
    while (got < nbyte) {
        r = recv(s, buf + got, nbyte - got, 0);
        if (r < 0) {
            perror("recv");
            exit(1);
        }
        if (r == 0) {
            printf("서버가 연결을 끊었습니다\n");
            exit(1);
        }
        got += r;
    }
    printf("수신 : ");
    fwrite(buf, 1, got, stdout);
    close(s);
    exit(0);
}
