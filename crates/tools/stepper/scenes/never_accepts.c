/*
 * never_accepts: a server that lets one client wait and takes none until Enter is pressed.
 *
 * Run:    never_accepts 7
 * Watch:  connect returns before anybody has called accept, until the queue is full.
 * See:    listen(2), tcp(7)
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    struct sockaddr_in servaddr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    servaddr.sin_port = htons(argc == 2 ? atoi(argv[1]) : 0);

    // 1. socket, bind: as every server
    int listen_sock = socket(PF_INET, SOCK_STREAM, 0);
    if (bind(listen_sock, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        return 1;

    // 2. listen: 1 client may wait; Linux takes one more
    listen(listen_sock, 1);
    getchar(); // until somebody presses Enter

    // 3. accept: now there is room again
    int accp_sock = accept(listen_sock, NULL, NULL);
    close(accp_sock);
    getchar();
    return 0;
}
