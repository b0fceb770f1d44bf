/* echo server, one detached thread per client; says on stdout all that it gets, and talks on stderr */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void *serve(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char *buf = malloc(1 << 16);
    ssize_t got = 0;
    size_t total = 0;

    while (buf != NULL && (got = recv(fd, buf, 1 << 16, 0)) > 0) {
        char *p = buf;
        fwrite(buf, 1, got, stdout);
        ssize_t left = got, put;
        while (left > 0 && (put = send(fd, p, left, MSG_NOSIGNAL)) > 0) {
            p += put;
            left -= put;
        }
        if (left > 0) {
            fprintf(stderr, "[%d] send: %m\n", fd);
            break;
        }
        total += got;
    }
    if (got < 0)
        fprintf(stderr, "[%d] recv: %m\n", fd);
    printf("[%d] echoed %zu bytes\n", fd, total);
    free(buf);
    close(fd);
    return NULL;
}

int main(int argc, char *argv[])
{
    char name[INET_ADDRSTRLEN];
    pthread_attr_t detached;
    unsigned port;
    char rest;

    if (argc != 2 || sscanf(argv[1], "%5u%c", &port, &rest) != 1 || port > 65535) {
        fprintf(stderr, "Usage: %s <port>\n", argv[0]);
        exit(2);
    }
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (server == -1) {
        perror("socket()");
        exit(1);
    }
    struct sockaddr_in me;
    memset(&me, 0, sizeof me);
    me.sin_family = AF_INET;
    me.sin_addr.s_addr = htonl(INADDR_ANY);
    me.sin_port = htons(port);
    if (bind(server, (struct sockaddr *)&me, sizeof me) == -1) {
        perror("bind()");
        exit(1);
    }
    if (listen(server, 5) == -1) {
        perror("listen()");
        exit(1);
    }
    printf("=== echo server, port %u ===\n", port);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);

    while (1) {
        struct sockaddr_in peer;
        socklen_t len = sizeof peer;
        int fd = accept4(server, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);
        if (fd == -1) {
            perror("accept4()");
            sleep(1);
            continue;
        }
        printf("client %s:%d\n", inet_ntop(AF_INET, &peer.sin_addr, name, sizeof name), ntohs(peer.sin_port));

        pthread_t thread;
        int error = pthread_create(&thread, &detached, serve, (void *)(intptr_t)fd);
        if (error != 0) {
            fprintf(stderr, "pthread_create: %s\n", strerror(error));
            close(fd);
        }
    }
}
