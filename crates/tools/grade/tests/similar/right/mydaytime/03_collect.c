/* 전부 모은 다음 한 번에 출력 (realloc) */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <poll.h>
#include <errno.h>
#include <arpa/inet.h>
#include <sys/socket.h>

#define CHECK(cond, what) do { if (!(cond)) { perror(what); return EXIT_FAILURE; } } while (0)

int main(int argc, char *argv[])
{
    struct sockaddr_in srv = { .sin_family = AF_INET, .sin_port = htons(13) };
    char *all = NULL;
    size_t used = 0, cap = 0;

    if (argc != 2 || inet_pton(AF_INET, argv[1], &srv.sin_addr) <= 0) {
        fprintf(stderr, "사용법: mydaytime IP\n");
        return EXIT_FAILURE;
    }
    int fd = socket(PF_INET, SOCK_STREAM, IPPROTO_TCP);
    CHECK(fd >= 0, "socket");
    CHECK(connect(fd, (struct sockaddr *)&srv, sizeof srv) == 0, "connect");
    for (;;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        if (used == cap) {
            cap = cap ? cap * 2 : 64;
            all = realloc(all, cap);
            CHECK(all, "realloc");
        }
        if (poll(&p, 1, -1) < 0) { CHECK(errno == EINTR, "poll"); continue; }
        ssize_t n = read(fd, all + used, cap - used);
        CHECK(n >= 0, "read");
        if (!n) break;
        used += n;
    }
    CHECK(close(fd) == 0, "close");
    CHECK(fwrite(all, 1, used, stdout) == used && fflush(stdout) == 0, "stdout");
    free(all);
    return EXIT_SUCCESS;
}
