// Listens, takes its clients, reads what they send, and sends nothing back.
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    struct sockaddr_in any = { .sin_family = AF_INET };
    char buf[1000], *end = "x";
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    int listening = socket(PF_INET, SOCK_STREAM, 0), s;

    any.sin_port = htons(port);
    if (port < 1 || port > 65535 || *end != '\0' || bind(listening, (struct sockaddr *)&any, sizeof(any)) < 0
        || listen(listening, 5) < 0)
        return 1;
    signal(SIGPIPE, SIG_IGN);
    while (1) {
        if ((s = accept(listening, NULL, NULL)) < 0)
            continue;
        while (read(s, buf, sizeof(buf)) > 0)
            ;
        close(s);
    }
}
