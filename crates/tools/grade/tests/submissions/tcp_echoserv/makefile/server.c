#include "echoserv.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int open_server(int port)
{
    struct sockaddr_in servaddr;
    int sock = socket(AF_INET, SOCK_STREAM, 0);

    if (sock < 0) {
        perror("socket");
        return -1;
    }
    memset(&servaddr, 0, sizeof(servaddr));
    servaddr.sin_family = AF_INET;
    servaddr.sin_addr.s_addr = htonl(INADDR_ANY);
    servaddr.sin_port = htons(port);
    if (bind(sock, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0) {
        perror("bind");
        close(sock);
        return -1;
    }
    /* not blocking: the client that select() saw may be gone when accept() comes */
    if (fcntl(sock, F_SETFL, O_NONBLOCK) < 0 || listen(sock, 5) < 0) {
        perror("listen");
        close(sock);
        return -1;
    }
    return sock;
}
