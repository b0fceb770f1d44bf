/*
 * reset_server: accepts one client and leaves it with a reset: it closes without having read what has come.
 *
 * Run:    reset_server 7
 * See:    RFC 1122 (4.2.2.13): who closes and has not read everything sends a reset
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    struct sockaddr_in servaddr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    servaddr.sin_port = htons(argc == 2 ? atoi(argv[1]) : 0);

    // 1. socket, bind, listen: as every server
    int listen_sock = socket(PF_INET, SOCK_STREAM, 0);
    if (bind(listen_sock, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        return 1;
    listen(listen_sock, 5);

    // 2. accept: take the client
    int accp_sock = accept(listen_sock, NULL, NULL);

    // 3. close: what has come is still unread, so the client gets a reset
    close(accp_sock);
    return 0;
}
