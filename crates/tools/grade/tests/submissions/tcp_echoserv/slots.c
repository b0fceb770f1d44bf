// A thread that reads for each client, and one that writes for all of them, in the order in which it came. A client has a
// place in a table, which is free when all that was read from it has been written.
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PLACES 256
#define PIECES 256
#define SIZE 4096

struct piece {
    int place;
    ssize_t n; // 0: the client has left
    char bytes[SIZE];
};

static int sockets[PLACES]; // -1: free
static struct piece queue[PIECES];
static unsigned in, out;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void push(int place, const char *bytes, ssize_t n)
{
    pthread_mutex_lock(&lock);
    while (in - out == PIECES)
        pthread_cond_wait(&changed, &lock);
    struct piece *p = &queue[in % PIECES];
    p->place = place;
    p->n = n;
    if (n > 0)
        memcpy(p->bytes, bytes, n);
    in++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void leave(int place)
{
    pthread_mutex_lock(&lock);
    close(sockets[place]);
    sockets[place] = -1;
    pthread_mutex_unlock(&lock);
}

static void *reads(void *arg)
{
    int place = (int)(long)arg, fd = sockets[place];
    char bytes[SIZE];
    ssize_t n;
    while ((n = read(fd, bytes, SIZE)) > 0)
        push(place, bytes, n);
    push(place, NULL, 0);
    return NULL;
}

static void *writes(void *arg)
{
    (void)arg;
    for (;;) {
        pthread_mutex_lock(&lock);
        while (in == out)
            pthread_cond_wait(&changed, &lock);
        struct piece *p = &queue[out % PIECES];
        int fd = sockets[p->place];
        pthread_mutex_unlock(&lock);
        if (p->n == 0) {
            leave(p->place);
        } else {
            ssize_t done = 0, put = 1;
            while (done < p->n && (put = write(fd, p->bytes + done, p->n - done)) > 0)
                done += put;
            if (put <= 0)
                shutdown(fd, SHUT_RDWR);
        }
        pthread_mutex_lock(&lock);
        out++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

// A free place, which is now this client's; -1 if there is none.
static int enter(int fd)
{
    pthread_mutex_lock(&lock);
    int place = 0;
    while (place < PLACES && sockets[place] >= 0)
        place++;
    if (place < PLACES)
        sockets[place] = fd;
    pthread_mutex_unlock(&lock);
    return place < PLACES ? place : -1;
}

int main(int argc, char **argv)
{
    char *end;
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (port < 1 || port > 65535 || *end != '\0') {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    struct sockaddr_in servaddr = {.sin_family = AF_INET, .sin_port = htons(port)};
    int listen_sock = socket(PF_INET, SOCK_STREAM, 0);
    if (listen_sock < 0 || bind(listen_sock, (struct sockaddr *)&servaddr, sizeof servaddr) < 0 ||
        listen(listen_sock, 5) < 0) {
        perror("tcp_echoserv");
        return 1;
    }
    for (int i = 0; i < PLACES; i++)
        sockets[i] = -1;
    pthread_t thread;
    if (pthread_create(&thread, NULL, writes, NULL) != 0)
        return 1;
    for (;;) {
        int accp_sock = accept(listen_sock, NULL, NULL);
        if (accp_sock < 0) {
            perror("accept");
            usleep(100000);
            continue;
        }
        int place = enter(accp_sock);
        if (place < 0) {
            close(accp_sock);
        } else if (pthread_create(&thread, NULL, reads, (void *)(long)place) != 0) {
            perror("pthread_create");
            leave(place);
        } else {
            pthread_detach(thread);
        }
    }
}
