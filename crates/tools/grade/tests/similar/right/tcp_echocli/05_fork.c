/* The child types, the parent listens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <signal.h>
#include <errno.h>
#include <sys/wait.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#define MAX 4096
#define CHECK(x, what) do { if ((x) < 0) { perror(what); exit(1); } } while (0)

/* child: reads the keyboard, tells the parent the length, sends */
static void child(int sock, int tell)
{
    char buf[MAX + 1];
    int n = 0;
    while (n < MAX) {
        int r = read(0, buf + n, 1);
        CHECK(r, "keyboard");
        if (r == 0)
            break;
        n++;
        if (buf[n - 1] == '\n')
            break;
    }
    CHECK(write(tell, &n, sizeof n), "pipe");
    if (n > 0)
        CHECK(send(sock, buf, n, MSG_NOSIGNAL), "send");
    _exit(0);
}

int main(int argc, char *argv[])
{
    struct sockaddr_in to = {0};
    int sock, pfd[2], n, got = 0, st;
    char ans[MAX];
    pid_t kid;

    if (argc != 2) {
        fprintf(stderr, "usage: %s ip-address\n", argv[0]);
        return 1;
    }
    to.sin_family = AF_INET;
    to.sin_port = htons(7);
    if (!inet_pton(AF_INET, argv[1], &to.sin_addr)) {
        fprintf(stderr, "bad address %s\n", argv[1]);
        return 1;
    }
    CHECK(sock = socket(AF_INET, SOCK_STREAM, 0), "socket");
    CHECK(connect(sock, (struct sockaddr *)&to, sizeof to), "connect");
    CHECK(pipe(pfd), "pipe");
    printf("입력 : ");
    fflush(stdout);
    CHECK(kid = fork(), "fork");
    if (kid == 0) {
        close(pfd[0]);
        child(sock, pfd[1]);
    }
    close(pfd[1]);
    if (read(pfd[0], &n, sizeof n) != sizeof n) {
        fprintf(stderr, "no line\n");
        return 1;
    }
    while (got < n) {
        int r = recv(sock, ans + got, n - got, MSG_WAITALL);
        CHECK(r, "recv");
        if (r == 0) {
            fprintf(stderr, "server closed too early\n");
            waitpid(kid, &st, 0);
            return 1;
        }
        got += r;
    }
    CHECK(waitpid(kid, &st, 0), "wait");
    if (!WIFEXITED(st) || WEXITSTATUS(st) != 0)
        return 1;
    if (n > 0) {
        printf("수신 : ");
        fwrite(ans, n, 1, stdout);
    }
    fflush(stdout);
    close(sock);
    return 0;
}
