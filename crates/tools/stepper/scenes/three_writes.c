/*
 * three_writes: writes three times to a server that has closed the connection, or resets it after the first.
 *
 * Run:    three_writes 127.0.0.1 7
 * Watch:  the reset is told once, by ECONNRESET, unless a FIN came before it; after that write gives EPIPE, and SIGPIPE ends
 *         the program.
 * See:    write(2), signal(7)
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    struct sockaddr_in servaddr = {.sin_family = AF_INET};
    if (argc != 3 || inet_pton(AF_INET, argv[1], &servaddr.sin_addr) != 1)
        return 2;
    servaddr.sin_port = htons(atoi(argv[2]));

    // 1. socket, connect: ask the server for a connection
    int s = socket(PF_INET, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        return 1;

    // 2. write: the server never reads it
    if (write(s, "one\n", 4) < 0)
        perror("first write");
    getchar(); // until somebody presses Enter

    // 3. write: the reset has come meanwhile
    if (write(s, "two\n", 4) < 0)
        perror("second write");

    // 4. write: the connection is gone; the signal ends the program here at the latest
    if (write(s, "three\n", 6) < 0)
        perror("third write");
    return 0;
}
