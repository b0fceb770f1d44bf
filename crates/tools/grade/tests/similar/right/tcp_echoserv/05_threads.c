#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>
#include <signal.h>
#include <errno.h>
#include <unistd.h>
#include <sys/socket.h>
#include <netinet/in.h>

/* 클라이언트마다 스레드 하나 (한 번에 여러 명) */
static void *worker(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char *buf = malloc(65536);
    ssize_t n, w, done;
    while (buf && ((n = read(fd, buf, 65536)) > 0 || (n < 0 && errno == EINTR))) {
        for (done = 0; done < n; done += w)
            if ((w = write(fd, buf + done, n - done)) < 0) {
                if (errno != EINTR) goto out;
                w = 0;
            }
    }
out:
    free(buf);
    close(fd);      /* 소켓 닫기 */
    return NULL;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in addr;
    pthread_attr_t at;
    char *rest;
    unsigned long port;

    if (argc != 2) { puts("포트 번호가 필요합니다"); return 1; }
    port = strtoul(argv[1], &rest, 10);
    if (rest == argv[1] || *rest || strchr(argv[1], '-') || port == 0 || port > 0xffff) { puts("잘못된 포트"); return 1; }
    sigset_t m; sigemptyset(&m); sigaddset(&m, SIGPIPE); sigprocmask(SIG_BLOCK, &m, NULL);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    memset(&addr, 0, sizeof(addr));
    addr.sin_family = AF_INET;
    addr.sin_addr.s_addr = htonl(INADDR_ANY);
    addr.sin_port = htons(port);
    if (s < 0 || bind(s, (struct sockaddr *)&addr, sizeof(addr)) || listen(s, 5)) { perror("소켓"); return 1; }
    pthread_attr_init(&at);
    pthread_attr_setdetachstate(&at, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&at, 128 * 1024);
    while (1) {
        pthread_t t;
        int c = accept(s, NULL, NULL);
        if (c < 0) { perror("accept"); usleep(10000); continue; }
        if (pthread_create(&t, &at, worker, (void *)(intptr_t)c)) worker((void *)(intptr_t)c);
    }
}
