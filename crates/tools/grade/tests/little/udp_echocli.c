// Sends the line, takes the answer, and prints nothing of it.
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(7) };
    socklen_t length = sizeof(server);
    char buf[5000];
    int s = socket(PF_INET, SOCK_DGRAM, 0);

    if (argc != 2 || inet_pton(AF_INET, argv[1], &server.sin_addr) != 1)
        return 1;
    printf("수신 : ");
    if (fgets(buf, sizeof(buf), stdin) != NULL) {
        sendto(s, buf, strlen(buf), 0, (struct sockaddr *)&server, sizeof(server));
        recvfrom(s, buf, sizeof(buf), 0, (struct sockaddr *)&server, &length);
    }
    close(s);
    return 0;
}
