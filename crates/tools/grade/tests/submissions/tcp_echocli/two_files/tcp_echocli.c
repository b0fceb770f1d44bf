#include "wrap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    char sendline[MAXLINE], recvline[MAXLINE];
    size_t len;
    int s;

    if (argc != 2) {
        fprintf(stderr, "usage: tcp_echocli <IP address>\n");
        exit(1);
    }
    s = Connect(argv[1], ECHO_PORT);

    printf("입력 : ");
    fflush(stdout);
    if (fgets(sendline, sizeof(sendline), stdin) != NULL) {
        len = strlen(sendline);
        Write(s, sendline, len);
        Readn(s, recvline, len);
        printf("수신 : ");
        fwrite(recvline, 1, len, stdout);
    }
    if (close(s) < 0) {
        perror("close fail");
        exit(1);
    }
    return 0;
}
