// tcp_echocli.c: TCP echo client (slides 28-32, 34)
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAXLINE 4096

int main(int argc, char *argv[])
{
    struct sockaddr_in servaddr;
    int s, nbyte, nsent, nread, n;
    char buf[MAXLINE + 1];

    if (argc != 2) {
        printf("사용법 : %s IP\n", argv[0]);
        exit(1);
    }
    signal(SIGPIPE, SIG_IGN);

    if ((s = socket(PF_INET, SOCK_STREAM, 0)) < 0) {
        perror("socket fail");
        exit(1);
    }
    bzero((char *)&servaddr, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    if (inet_pton(AF_INET, argv[1], &servaddr.sin_addr) != 1) {
        printf("%s : 올바른 주소가 아님\n", argv[1]);
        exit(1);
    }
    servaddr.sin_port = htons(7); // echo 서비스 port

    if (connect(s, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0) {
        perror("connect fail");
        exit(1);
    }

    printf("입력 : ");
    fflush(stdout);
    if (fgets(buf, sizeof(buf), stdin) == NULL) { // echo 메시지 입력
        close(s);
        exit(0);
    }
    nbyte = strlen(buf);

    for (nsent = 0; nsent < nbyte; nsent += n) // echo 서버로 메시지 송신
        if ((n = write(s, buf + nsent, nbyte - nsent)) < 0) {
            perror("write fail");
            exit(1);
        }

    for (nread = 0; nread < nbyte; nread += n)
        if ((n = read(s, buf + nread, nbyte - nread)) <= 0) {
            printf("read fail : %d바이트만 받음\n", nread);
            exit(1);
        }

    printf("수신 : ");
    fwrite(buf, 1, nbyte, stdout);
    close(s);
    exit(0);
}
