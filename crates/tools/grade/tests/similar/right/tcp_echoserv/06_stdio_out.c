#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <netinet/in.h>

static void die(const char *what)
{
    perror(what);
    exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 2) { fprintf(stderr, "Usage: %s <port>\n", argv[0]); exit(1); }
    if (strspn(argv[1], "0123456789") != strlen(argv[1]) || strlen(argv[1]) > 6 || atoi(argv[1]) > 65535 || atoi(argv[1]) < 1) {
        fprintf(stderr, "%s: not a port\n", argv[1]); exit(1);
    }
    signal(SIGPIPE, SIG_IGN);
    int lfd = socket(AF_INET, SOCK_STREAM, 0);
    if (lfd < 0) die("socket");
    struct sockaddr_in a;
    bzero(&a, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons(atoi(argv[1]));
    if (bind(lfd, (struct sockaddr *)&a, sizeof a) < 0) die("bind");
    if (listen(lfd, 5) < 0) die("listen");

    for (int no = 1;; no++) {
        int c = accept(lfd, NULL, NULL);
        if (c < 0) { perror("accept"); continue; }
        FILE *out = fdopen(c, "w");
        if (!out) { perror("fdopen"); close(c); continue; }
        fprintf(stderr, "client %d\n", no);
        static char buf[100000];
        ssize_t n;
        while ((n = read(c, buf, sizeof buf)) > 0)
            if (fwrite(buf, 1, n, out) != (size_t)n || fflush(out) == EOF)
                break;
        fclose(out);      /* closes c too */
    }
}
