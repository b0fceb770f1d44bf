/* The child waits for the answer, the parent types.  They share the connected socket. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <errno.h>
#include <sys/wait.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

static int sd;

static int listen_for_answer(void)
{
    char *b = malloc(65536);
    int n = recv(sd, b, 65536, 0);
    if (n < 0) {
        printf("recv: %s\n", strerror(errno));
        return 1;
    }
    printf("수신 : ");
    fwrite(b, 1, n, stdout);
    free(b);
    return 0;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in a;
    struct sockaddr_in un;
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    int st = 0;
    pid_t pid;

    if (argc != 2) {
        printf("usage: %s IP\n", argv[0]);
        return 1;
    }
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons(7);
    if (inet_pton(AF_INET, argv[1], &a.sin_addr) != 1) {
        printf("%s: not an address\n", argv[1]);
        return 1;
    }
    sd = socket(AF_INET, SOCK_DGRAM, 0);
    if (sd < 0 || connect(sd, (struct sockaddr *)&a, sizeof a) < 0) {
        perror("connect");
        return 1;
    }
    printf("입력 : ");
    fflush(stdout);
    len = getline(&line, &cap, stdin);
    if (len > 0) {
        pid = fork();
        if (pid < 0) {
            perror("fork");
            return 1;
        }
        if (pid == 0)
            exit(listen_for_answer());
        if (send(sd, line, len, 0) < 0 && errno != ECONNREFUSED) {
            perror("send");
            return 1;
        }
        while (waitpid(pid, &st, 0) < 0)
            if (errno != EINTR)
                return 1;
        if (!WIFEXITED(st) || WEXITSTATUS(st))
            return 1;
    }
    memset(&un, 0, sizeof un);
    un.sin_family = AF_UNSPEC;
    connect(sd, (struct sockaddr *)&un, sizeof un);
    close(sd);
    return 0;
}
