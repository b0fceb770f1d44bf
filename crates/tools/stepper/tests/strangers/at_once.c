// Calls that wait elsewhere, and return at once here.
#include "net.h"

int main(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(5000)};
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(9)};
    struct pollfd keyboard = {.fd = 0, .events = POLLIN};
    volatile nfds_t swapped = -1; // the compiler need not know
    struct timespec never = {.tv_nsec = -1};
    char buf[10];
    int pipes[2], s = listener(), c = socket(AF_INET, SOCK_STREAM, 0), u = socket(AF_INET, SOCK_DGRAM, 0);
    if (connect(c, (struct sockaddr *)&addr, sizeof addr) < 0 || pipe(pipes) < 0)
        perror("no socket and no pipe");
    if (bind(u, (struct sockaddr *)&any, sizeof any) < 0)
        perror("bind");
    if (accept(0, NULL, NULL) < 0)
        perror("accept");
    if (recv(0, buf, sizeof buf, 0) < 0)
        perror("recv");
    printf("%zd %zd\n", read(c, buf, 0), readv(c, &(struct iovec){.iov_base = buf}, 1));
    if (read(pipes[1], buf, sizeof buf) < 0)
        perror("read");
    if (recv(c, buf, 1, MSG_OOB) < 0)
        perror("recv");
    if (recv(c, buf, 1, MSG_ERRQUEUE) < 0)
        perror("recv");
    if (poll(&keyboard, swapped, 1) < 0)
        perror("poll");
    if (nanosleep(&never, NULL) < 0)
        perror("nanosleep");
    close(s);
    return 0;
}
