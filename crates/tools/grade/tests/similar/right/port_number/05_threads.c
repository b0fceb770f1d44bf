#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

struct result { int fd, port; const char *failed; };

static struct sockaddr_in server = { .sin_family = AF_INET };

static int ask(struct result *r)
{
    struct sockaddr_in me = { 0 };
    socklen_t l = sizeof me;
    if (getsockname(r->fd, (struct sockaddr *)&me, &l))
        return -1;
    return ntohs(me.sin_port);
}

static void *tcp_side(void *p)
{
    struct result *r = p;
    r->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(r->fd, (struct sockaddr *)&server, sizeof server))
        r->failed = "connect";
    else if ((r->port = ask(r)) < 0)
        r->failed = "getsockname";
    if (r->failed)
        perror(r->failed);
    return p;
}

static void *udp_side(void *p)
{
    struct result *r = p;
    r->fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (sendto(r->fd, &server, sizeof server, 0, (struct sockaddr *)&server, sizeof server) < 0)
        r->failed = "sendto";
    else if ((r->port = ask(r)) < 0)
        r->failed = "getsockname";
    if (r->failed)
        perror(r->failed);
    return p;
}

int main(void)
{
    struct result t = { 0 }, u = { 0 };
    pthread_t a, b;

    server.sin_port = htons(7);
    server.sin_addr.s_addr = htonl(0x7f000001);
    if (pthread_create(&a, 0, tcp_side, &t) || pthread_create(&b, 0, udp_side, &u)) {
        fprintf(stderr, "threads\n");
        return 1;
    }
    pthread_join(a, 0);
    pthread_join(b, 0);
    if (t.failed || u.failed)
        return 1;
    printf("스트림 소켓 포트번호 = %d\n데이터그램 소켓 포트번호 = %d\n", t.port, u.port);
    close(t.fd);
    close(u.fd);
    return 0;
}
