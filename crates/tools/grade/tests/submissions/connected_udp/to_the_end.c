// Asks for lines until there is none.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAXLINE 4096

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

int main(int argc, char *argv[])
{
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(7)};
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    char line[MAXLINE + 1], answer[MAXLINE];
    ssize_t n;
    int s;

    if (argc != 2 || inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) {
        fprintf(stderr, "usage: %s IP\n", argv[0]);
        return 1;
    }
    if ((s = socket(PF_INET, SOCK_DGRAM, 0)) < 0)
        fail("socket");
    if (connect(s, (struct sockaddr *)&server, sizeof(server)) < 0)
        fail("connect");

    while (printf("입력 : "), fflush(stdout), fgets(line, sizeof(line), stdin) != NULL) {
        if (send(s, line, strlen(line), 0) < 0)
            fail("send");
        if ((n = recv(s, answer, sizeof(answer), 0)) < 0)
            fail("recv");
        printf("수신 : ");
        fwrite(answer, 1, n, stdout);
    }

    if (connect(s, &nobody, sizeof(nobody)) < 0)
        fail("connect");
    close(s);
    return 0;
}
