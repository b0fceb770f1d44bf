// Sends the line, takes the answer, and prints nothing of it.
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(7) };
    char buf[5000];
    int s = socket(PF_INET, SOCK_STREAM, 0), n = 0, r;

    if (argc != 2 || inet_pton(AF_INET, argv[1], &server.sin_addr) != 1
        || connect(s, (struct sockaddr *)&server, sizeof(server)) < 0)
        return 1;
    if (fgets(buf, sizeof(buf), stdin) == NULL)
        return 0;
    int len = strlen(buf);
    write(s, buf, len);
    while (n < len && (r = read(s, buf, len - n)) > 0)
        n += r;
    close(s);
    return n < len;
}
