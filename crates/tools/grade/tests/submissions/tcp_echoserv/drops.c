// When descriptors run out, it makes room with one that it holds ready, and drops the client that waits; libraries do that.
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int spare;

static void drop_one(int listen_sock)
{
    close(spare);
    int client = accept(listen_sock, NULL, NULL);
    if (client >= 0)
        close(client);
    spare = open("/dev/null", O_RDONLY);
}

int main(int argc, char *argv[])
{
    char *end, buf[2000];
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (port < 1 || port > 65535 || *end != '\0') {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    spare = open("/dev/null", O_RDONLY);
    int listen_sock = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_ANY)};
    if (listen_sock < 0 || bind(listen_sock, (struct sockaddr *)&me, sizeof(me)) < 0 || listen(listen_sock, 128) < 0) {
        perror(argv[0]);
        return 1;
    }
    for (;;) {
        int client = accept(listen_sock, NULL, NULL);
        if (client < 0) {
            if (errno == EMFILE || errno == ENFILE)
                drop_one(listen_sock);
            continue;
        }
        ssize_t n;
        while ((n = read(client, buf, sizeof(buf))) > 0) {
            ssize_t done = 0, m;
            while (done < n && (m = write(client, buf + done, n - done)) > 0)
                done += m;
            if (done < n)
                break;
        }
        close(client);
    }
}
