#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <netinet/in.h>
#include <arpa/inet.h>

struct job {
    int fd;
    size_t want, have;
    char data[4096];
    int failed;
};

static void *receiver(void *arg)
{
    struct job *j = arg;
    while (j->have < j->want) {
        struct iovec iov = { j->data + j->have, j->want - j->have };
        struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
        ssize_t r = recvmsg(j->fd, &m, 0);
        if (r <= 0) {
            if (r < 0)
                perror("recvmsg");
            else
                fprintf(stderr, "peer has closed\n");
            j->failed = 1;
            return NULL;
        }
        j->have += r;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static struct job j;
    struct sockaddr_in sin;
    pthread_t t;
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    int rc = EXIT_FAILURE;

    if (argc != 2) {
        fprintf(stderr, "IP?\n");
        return rc;
    }
    memset(&sin, 0, sizeof sin);
    sin.sin_family = AF_INET;
    sin.sin_port = htons(7);
    if (inet_pton(AF_INET, argv[1], &sin.sin_addr) != 1) {
        fprintf(stderr, "not an address: %s\n", argv[1]);
        return rc;
    }
    j.fd = socket(AF_INET, SOCK_STREAM, 0);
    if (j.fd == -1 || connect(j.fd, (void *)&sin, sizeof sin) == -1) {
        perror("connect");
        goto out;
    }
    write(1, "입력 : ", strlen("입력 : "));
    len = getline(&line, &cap, stdin);
    if (len <= 0) {
        rc = 0;
        goto out;
    }
    j.want = len;
    pthread_create(&t, NULL, receiver, &j);
    if (send(j.fd, line, len, MSG_NOSIGNAL) < len) {
        perror("send");
        shutdown(j.fd, SHUT_RDWR);
        j.failed = 1;
    }
    pthread_join(t, NULL);
    if (!j.failed) {
        struct iovec v[2] = { { "수신 : ", strlen("수신 : ") }, { j.data, j.have } };
        writev(1, v, 2);
        rc = 0;
    }
out:
    free(line);
    close(j.fd);
    return rc;
}
