/* four threads at one IPv6 socket that takes IPv4 too; recvmsg and sendmsg keep sender and datagram in one place */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define THREADS 4
#define LARGEST 65535

static int sock;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "udp_echoserv: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void *echo(void *unused)
{
    char *datagram = malloc(LARGEST);

    if (datagram == NULL)
        die("malloc", strerror(errno));
    for (;;) {
        struct sockaddr_storage sender;
        struct iovec data = {datagram, LARGEST};
        struct msghdr message = {
            .msg_name = &sender, .msg_namelen = sizeof(sender), .msg_iov = &data, .msg_iovlen = 1};
        ssize_t n = recvmsg(sock, &message, 0);

        if (n == -1) {
            if (errno != EINTR)
                perror("recvmsg");
            continue;
        }
        data.iov_len = (size_t)n;
        message.msg_flags = 0;
        if (sendmsg(sock, &message, 0) == -1)
            perror("sendmsg");
    }
    return unused;
}

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_family = AF_INET6, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *any;
    int off = 0, e;

    if (argc != 2)
        die("usage", "udp_echoserv PORT");
    if (strlen(argv[1]) > 5 || atoi(argv[1]) > 65535) /* getaddrinfo would take it for another port */
        die(argv[1], "no such port");
    if ((e = getaddrinfo(NULL, argv[1], &hints, &any)) != 0)
        die(argv[1], gai_strerror(e));
    if ((sock = socket(any->ai_family, any->ai_socktype, any->ai_protocol)) == -1)
        die("socket", strerror(errno));
    if (setsockopt(sock, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == -1)
        die("setsockopt", strerror(errno));
    if (bind(sock, any->ai_addr, any->ai_addrlen) == -1)
        die("bind", strerror(errno));
    freeaddrinfo(any);

    for (int i = 1; i < THREADS; i++) {
        pthread_t thread;
        if ((e = pthread_create(&thread, NULL, echo, NULL)) != 0)
            die("pthread_create", strerror(e));
    }
    echo(NULL);
}
