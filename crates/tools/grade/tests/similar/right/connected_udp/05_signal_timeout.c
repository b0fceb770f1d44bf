/* A timer tells when there is no answer, the flag is set by the handler. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <unistd.h>
#include <errno.h>
#include <sys/time.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

static volatile sig_atomic_t expired;
static void tick(int s) { expired = s; }

static void quit(const char *msg)
{
    fflush(stdout);
    perror(msg);
    exit(3);
}

static void disconnect(int fd)
{
    struct sockaddr_in nobody;
    memset(&nobody, 0, sizeof nobody);
    nobody.sin_family = AF_UNSPEC;
    if (connect(fd, (struct sockaddr *)&nobody, sizeof nobody) == -1)
        quit("disconnect");
}

int main(int argc, char **argv)
{
    struct sigaction sa = { .sa_handler = tick };
    struct itimerval tv = { .it_value = { 15, 0 } }, off = { { 0, 0 }, { 0, 0 } };
    struct sockaddr_in srv = { .sin_family = AF_INET };
    static char line[4097], got[4097];
    int fd;
    ssize_t n;

    if (argc != 2) {
        fprintf(stderr, "usage: %s ip\n", argv[0]);
        exit(2);
    }
    srv.sin_port = htons(7);
    switch (inet_pton(AF_INET, argv[1], &srv.sin_addr)) {
    case 1:
        break;
    case 0:
        fprintf(stderr, "'%s' is not an IPv4 address\n", argv[1]);
        exit(2);
    default:
        quit("inet_pton");
    }
    sigaction(SIGALRM, &sa, NULL);
    if ((fd = socket(AF_INET, SOCK_DGRAM, 0)) == -1)
        quit("socket");
    if (connect(fd, (struct sockaddr *)&srv, sizeof srv) == -1)
        quit("connect");
    printf("입력 : ");
    fflush(stdout);
    if (fgets(line, sizeof line, stdin)) {
        if (send(fd, line, strlen(line), 0) == -1)
            quit("send");
        setitimer(ITIMER_REAL, &tv, NULL);
        do
            n = recv(fd, got, sizeof got - 1, 0);
        while (n == -1 && errno == EINTR && !expired);
        if (n == -1)
            quit(expired ? "no answer in 15 s" : "recv");
        setitimer(ITIMER_REAL, &off, NULL);
        printf("수신 : ");
        fwrite(got, 1, n, stdout);
        fflush(stdout);
    }
    disconnect(fd);
    close(fd);
    return 0;
}
