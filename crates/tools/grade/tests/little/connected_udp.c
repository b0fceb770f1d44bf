// Makes the slide's calls, and prints nothing that came.
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(7) };
    char buf[5000];
    int s = socket(PF_INET, SOCK_DGRAM, 0);

    if (argc != 2 || inet_pton(AF_INET, argv[1], &server.sin_addr) != 1
        || connect(s, (struct sockaddr *)&server, sizeof(server)) < 0)
        return 1;
    printf("수신 : ");
    if (fgets(buf, sizeof(buf), stdin) != NULL) {
        send(s, buf, strlen(buf), 0);
        if (recv(s, buf, sizeof(buf), 0) < 0)
            return 1;
    }
    server.sin_family = AF_UNSPEC;
    connect(s, (struct sockaddr *)&server, sizeof(server));
    close(s);
    return 0;
}
