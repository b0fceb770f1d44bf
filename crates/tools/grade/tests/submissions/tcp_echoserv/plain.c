// tcp_echoserv.c: iterative TCP echo server (slides 36-44)
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAXLINE 1024

int main(int argc, char *argv[])
{
    struct sockaddr_in servaddr, cliaddr;
    int listen_sock, accp_sock;
    socklen_t addrlen;
    int nbyte, nsent, n;
    char buf[MAXLINE], *end;
    long port;

    if (argc != 2 || (port = strtol(argv[1], &end, 10)) < 1 || port > 65535 || *end != '\0') {
        printf("사용법 : %s PORT\n", argv[0]);
        exit(1);
    }
    signal(SIGPIPE, SIG_IGN);

    if ((listen_sock = socket(PF_INET, SOCK_STREAM, 0)) < 0) {
        perror("socket fail");
        exit(1);
    }
    bzero((char *)&servaddr, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    servaddr.sin_addr.s_addr = htonl(INADDR_ANY);
    servaddr.sin_port = htons(port);

    if (bind(listen_sock, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0) {
        perror("bind fail");
        exit(1);
    }
    if (listen(listen_sock, 5) < 0) {
        perror("listen fail");
        exit(1);
    }

    while (1) {
        addrlen = sizeof(cliaddr);
        accp_sock = accept(listen_sock, (struct sockaddr *)&cliaddr, &addrlen);
        if (accp_sock < 0) {
            perror("accept fail");
            continue;
        }
        while ((nbyte = read(accp_sock, buf, MAXLINE)) > 0) {
            for (nsent = 0; nsent < nbyte; nsent += n)
                if ((n = write(accp_sock, buf + nsent, nbyte - nsent)) < 0)
                    break;
            if (nsent < nbyte)
                break;
        }
        close(accp_sock);
    }
}
