// Sends each line that is typed, and prints the answer; with `silent` it reads until the end, with `deaf` it reads nothing.
#include "net.h"

int main(int argc, char **argv)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(5000)};
    static char buf[100000];
    int s = socket(AF_INET, SOCK_STREAM, 0);
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(s, (struct sockaddr *)&addr, sizeof addr) < 0) {
        perror("connect");
        return 1;
    }
    if (argc > 1 && strcmp(argv[1], "deaf") == 0)
        return usleep(300000);
    if (argc > 1) {
        while (read(s, buf, sizeof buf) > 0)
            continue;
        return 0;
    }
    while (fgets(buf, sizeof buf, stdin) != NULL) {
        ssize_t n = strlen(buf);
        if (write(s, buf, n) < 0 || recv(s, buf, n, MSG_WAITALL) < n)
            break;
        fwrite(buf, 1, n, stdout);
    }
    close(s);
    return 0;
}
