#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <errno.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

int get_port(int fd);

static void stop(const char *w)
{
    fprintf(stdout, "%s: %s\n", w, strerror(errno));
    exit(errno ? 1 : 2);
}

int main(void)
{
    struct sockaddr_in to;
    int sock[2], port[2];
    const char *label[2] = { "스트림 소켓 포트번호", "데이터그램 소켓 포트번호" };

    memset(&to, 0, sizeof to);
    to.sin_family = AF_INET;
    to.sin_port = htons(7);
    inet_aton("127.0.0.1", &to.sin_addr);

    if ((sock[0] = socket(AF_INET, SOCK_STREAM, 0)) == -1)
        stop("socket");
    if ((sock[1] = socket(AF_INET, SOCK_DGRAM, 0)) == -1)
        stop("socket");
    if (connect(sock[0], (struct sockaddr *)&to, sizeof to) == -1)
        stop("connect");
    if (sendto(sock[1], "echo", 4, 0, (struct sockaddr *)&to, sizeof to) == -1)
        stop("sendto");
    for (int i = 0; i < 2; i++) {
        port[i] = get_port(sock[i]);
        if (port[i] == -1)
            stop("getsockname");
        printf("%s = %d\n", label[i], port[i]);
    }
    for (int i = 1; i >= 0; i--)
        if (close(sock[i]) == -1)
            stop("close");
    return 0;
}
