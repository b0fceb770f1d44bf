#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAXLINE 511

int die(char *what) { perror(what); return 1; }

int main(int argc, char *argv[])
{
    struct sockaddr_in servaddr, cliaddr;
    char buf[MAXLINE], *p;
    int listen_sock, accp_sock, n, port = 0;
    socklen_t addrlen;

    for (p = argv[1]; argc > 1 && *p >= '0' && *p <= '9'; p++)
        port = port * 10 + *p - '0';
    if (port == 0) {
        puts("사용법 : tcp_echoserv PORT");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    if ((listen_sock = socket(PF_INET, SOCK_STREAM, 0)) < 0)
        return die("socket fail");
    bzero(&servaddr, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    servaddr.sin_addr.s_addr = htonl(INADDR_ANY);
    servaddr.sin_port = htons(port);
    if (bind(listen_sock, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        return die("bind fail");
    listen(listen_sock, 5);

    while (1) {
        addrlen = sizeof(cliaddr);
        accp_sock = accept(listen_sock, (struct sockaddr *)&cliaddr, &addrlen);
        if (accp_sock < 0) {
            perror("accept fail");
            continue;
        }
        printf("%s\n", inet_ntoa(cliaddr.sin_addr));
        FILE *out = fdopen(dup(accp_sock), "w");
        while (out && (n = read(accp_sock, buf, MAXLINE)) > 0)
            if (fwrite(buf, 1, n, out) != (size_t)n || fflush(out) != 0)
                break;
        if (out)
            fclose(out);
        close(accp_sock);
    }
}
