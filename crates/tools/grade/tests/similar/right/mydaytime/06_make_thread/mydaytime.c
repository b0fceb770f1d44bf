/* one thread reads from the socket into a pipe, main copies the pipe to stdout */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/socket.h>

static int sock, pfd[2], reader_errno;

static void *reader(void *unused)
{
    char b[4096];
    ssize_t n;
    while ((n = read(sock, b, sizeof b)) > 0) {
        char *p = b;
        while (n > 0) {
            ssize_t w = write(pfd[1], p, n);
            if (w < 0) { reader_errno = errno; goto out; }
            p += w; n -= w;
        }
    }
    if (n < 0) reader_errno = errno;
out:
    close(pfd[1]);
    return unused;
}

int main(int argc, char **argv)
{
    struct sockaddr_in a = { 0 };
    pthread_t t;
    char b[1000];
    ssize_t n;
    if (argc < 2) { fprintf(stderr, "no IP given\n"); return 1; }
    a.sin_family = AF_INET; a.sin_port = htons(13);
    if (inet_pton(AF_INET, argv[1], &a.sin_addr) != 1) { fprintf(stderr, "bad IP\n"); return 1; }
    if ((sock = socket(AF_INET, SOCK_STREAM, 0)) < 0 || connect(sock, (struct sockaddr *)&a, sizeof a) || pipe(pfd)) { perror("mydaytime"); return 1; }
    if ((errno = pthread_create(&t, NULL, reader, NULL))) { perror("pthread_create"); return 1; }
    while ((n = read(pfd[0], b, sizeof b)) > 0)
        if (fwrite(b, 1, n, stdout) < (size_t)n) { perror("stdout"); return 1; }
    pthread_join(t, NULL);
    close(sock);
    if (fflush(stdout) == EOF) { perror("stdout"); return 1; }
    if (reader_errno) { fprintf(stderr, "read: %s\n", strerror(reader_errno)); return 1; }
    return 0;
}
