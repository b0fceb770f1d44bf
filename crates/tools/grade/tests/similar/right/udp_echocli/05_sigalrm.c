/* retransmission? no: one datagram, one answer. An alarm tells when to give up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <signal.h>
#include <errno.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#define NEED(cond, what) if (!(cond)) { perror(what); return 1; }

static void on_alarm(int sig) { (void)sig; }

int main(int argc, char *argv[])
{
    struct sigaction sa;
    struct sockaddr_in srv, from;
    socklen_t fl = sizeof from;
    char *line, *answer;
    long n;
    int fd;

    if (argc != 2 || inet_pton(AF_INET, argv[1], &srv.sin_addr) != 1) {
        fprintf(stderr, "usage: %s <IPv4 address>\n", argc ? argv[0] : "udp_echocli");
        return 1;
    }
    srv.sin_family = AF_INET;
    srv.sin_port = htons(7);
    memset(srv.sin_zero, 0, sizeof srv.sin_zero);

    memset(&sa, 0, sizeof sa);
    sa.sa_handler = on_alarm;           /* no SA_RESTART */
    sigaction(SIGALRM, &sa, NULL);

    NEED(line = malloc(4097), "malloc");
    NEED(answer = calloc(1, 4097), "calloc");
    NEED((fd = socket(AF_INET, SOCK_DGRAM, 0)) >= 0, "socket");

    printf("입력 : ");
    fflush(stdout);
    if (!fgets(line, 4097, stdin)) {
        close(fd);
        return 0;
    }
    NEED(sendto(fd, line, strlen(line), 0, (struct sockaddr *)&srv, sizeof srv) >= 0, "sendto");
    alarm(20);
    n = recvfrom(fd, answer, 4096, 0, (struct sockaddr *)&from, &fl);
    if (n < 0 && errno == EINTR) {
        fprintf(stderr, "timeout\n");
        return 1;
    }
    NEED(n >= 0, "recvfrom");
    alarm(0);
    fputs("수신 : ", stdout);
    fwrite(answer, 1, n, stdout);
    fflush(stdout);
    close(fd);
    free(line);
    free(answer);
    return 0;
}
