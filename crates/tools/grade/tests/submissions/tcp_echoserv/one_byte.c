// Nobody has said how large a buffer is: this one has a byte.
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    struct timespec rest = {.tv_nsec = 100 * 1000 * 1000};
    char byte, *end = "?";
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    int listen_sock, accp_sock;

    if (port < 1 || port > 65535 || *end != '\0') {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 1;
    }
    any.sin_port = htons(port);
    signal(SIGPIPE, SIG_IGN);
    if ((listen_sock = socket(PF_INET, SOCK_STREAM, 0)) < 0 || bind(listen_sock, (struct sockaddr *)&any, sizeof(any)) < 0
        || listen(listen_sock, 5) < 0) {
        perror(argv[1]);
        return 1;
    }
    while (1) {
        if ((accp_sock = accept(listen_sock, NULL, NULL)) < 0) {
            perror("accept");
            nanosleep(&rest, NULL);
            continue;
        }
        while (read(accp_sock, &byte, 1) == 1 && write(accp_sock, &byte, 1) == 1)
            ;
        close(accp_sock);
    }
}
