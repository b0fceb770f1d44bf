/* also takes the echoes, to see that both servers live; waits at most 1 s */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <signal.h>
#include <poll.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

static int wait_echo(int fd, const char *what)
{
    struct pollfd p = { fd, POLLIN, 0 };
    char b[128];
    int n = -1;
    if (poll(&p, 1, 1000) == 1)
        n = recv(fd, b, sizeof b, 0);
    fprintf(stderr, "%s echo: %d bytes\n", what, n);
    return n;
}

int main(void)
{
    struct sockaddr_in srv, me;
    socklen_t len;
    int t, u;

    signal(SIGPIPE, SIG_IGN);
    bzero(&srv, sizeof srv);
    srv.sin_family = AF_INET;
    srv.sin_port = htons(7);
    srv.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    t = socket(AF_INET, SOCK_STREAM, 0);
    if (t < 0 || connect(t, (struct sockaddr *)&srv, sizeof srv) < 0) {
        perror("tcp");
        return 1;
    }
    len = sizeof me;
    if (getsockname(t, (struct sockaddr *)&me, &len) < 0) {
        perror("getsockname");
        return 1;
    }
    printf("스트림 소켓 포트번호 = %u\n", (unsigned)ntohs(me.sin_port));
    if (send(t, "ping\n", 5, 0) == 5)
        wait_echo(t, "tcp");

    u = socket(AF_INET, SOCK_DGRAM, 0);
    if (u < 0 || sendto(u, "ping\n", 5, 0, (struct sockaddr *)&srv, sizeof srv) < 0) {
        perror("udp");
        return 1;
    }
    len = sizeof me;
    if (getsockname(u, (struct sockaddr *)&me, &len) < 0) {
        perror("getsockname");
        return 1;
    }
    printf("데이터그램 소켓 포트번호 = %u\n", (unsigned)ntohs(me.sin_port));
    wait_echo(u, "udp");
    close(u);
    close(t);
    return 0;
}
