#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#define MAXLINE 1024

int main(int argc, char *argv[])
{
    if (argc != 2) {
        printf("usage: %s port\n", argv[0]);
        exit(0);
    }
    signal(SIGPIPE, SIG_IGN);

    int listen_sock = socket(PF_INET, SOCK_STREAM, 0);
    if (listen_sock < 0) {
        perror("socket fail");
        exit(1);
    }
    struct sockaddr_in servaddr;
    bzero(&servaddr, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    servaddr.sin_addr.s_addr = htonl(INADDR_ANY);
    servaddr.sin_port = htons(atoi(argv[1]));

    if (bind(listen_sock, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0) {
        perror("bind fail");
        exit(1);
    }
    if (listen(listen_sock, 5) < 0) {
        perror("listen fail");
        exit(1);
    }
    char buf[MAXLINE];
    while (1) {
        struct sockaddr_in cliaddr;
        socklen_t addrlen = sizeof(cliaddr);
        int accp_sock = accept(listen_sock, (struct sockaddr *)&cliaddr, &addrlen);
        if (accp_sock < 0) {
            perror("accept fail");
            continue;
        }
        ssize_t n, sent, m;
        while ((n = read(accp_sock, buf, MAXLINE)) > 0) {
            sent = 0;
            while (sent < n) {
                m = write(accp_sock, buf + sent, n - sent);
                if (m < 0) {
                    perror("write fail");
                    break;
                }
                sent += m;
            }
        }
        if (n < 0)
            perror("read fail");
        if (close(accp_sock) < 0)
            perror("close fail");
    }
}
