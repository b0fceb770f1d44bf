#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAXLINE 8192

void fail(const char *msg)
{
    perror(msg);
    exit(EXIT_FAILURE);
}

ssize_t writen(int fd, const void *vptr, size_t n)
{
    size_t nleft = n;
    const char *ptr = vptr;

    while (nleft > 0) {
        ssize_t nwritten = write(fd, ptr, nleft);
        if (nwritten <= 0) {
            if (nwritten < 0 && errno == EINTR)
                nwritten = 0;
            else
                return -1;
        }
        nleft -= nwritten;
        ptr += nwritten;
    }
    return n;
}

int main(int argc, char *argv[])
{
    long port = argc == 2 ? strtol(argv[1], NULL, 0) : -1;
    if (port < 1 || 65535 < port)
        return fprintf(stderr, "tcp_echoserv PORT\n"), 1;
    signal(SIGPIPE, SIG_IGN);

    int listen_sock = socket(PF_INET, SOCK_STREAM, 0);
    if (listen_sock < 0)
        fail("socket fail");

    struct sockaddr_in servaddr;
    memset(&servaddr, 0, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    servaddr.sin_addr.s_addr = htonl(INADDR_ANY);
    servaddr.sin_port = htons(port);

    if (bind(listen_sock, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        fail("bind fail");
    if (listen(listen_sock, 5) < 0)
        fail("listen fail");

    char buf[MAXLINE];
    while (1) {
        struct sockaddr_in cliaddr;
        socklen_t addrlen = sizeof(cliaddr);
        int accp_sock = accept(listen_sock, (struct sockaddr *)&cliaddr, &addrlen);
        if (accp_sock < 0) {
            perror("accept fail");
            continue;
        }
        ssize_t n;
        while ((n = read(accp_sock, buf, MAXLINE)) > 0) {
            if (writen(accp_sock, buf, n) < 0) {
                perror("write fail");
                break;
            }
        }
        close(accp_sock);
    }
}
