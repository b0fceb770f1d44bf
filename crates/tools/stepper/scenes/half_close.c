/*
 * half_close: sends one line, says that there is no more to come, and still reads the answer.
 *
 * Run:    half_close 127.0.0.1 7
 * Watch:  after shutdown the connection is open in one direction only.
 * See:    shutdown(2), RFC 9293 (3.6)
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    char buf[16];
    struct sockaddr_in servaddr = {.sin_family = AF_INET};
    if (argc != 3 || inet_pton(AF_INET, argv[1], &servaddr.sin_addr) != 1)
        return 2;
    servaddr.sin_port = htons(atoi(argv[2]));

    // 1. socket: open a stream socket
    int s = socket(PF_INET, SOCK_STREAM, 0);

    // 2. connect: ask the server for a connection
    if (connect(s, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        return 1;

    // 3. write: send one line
    if (write(s, "abcdefg\n", 8) < 0)
        return 1;

    // 4. shutdown: nothing more will be sent
    shutdown(s, SHUT_WR);

    // 5. read: what the server sends still arrives, until it closes too
    ssize_t n;
    while ((n = read(s, buf, sizeof(buf))) > 0)
        fwrite(buf, 1, n, stdout);

    // 6. close: the descriptor goes; the connection has ended before
    close(s);
    return 0;
}
