/*
 * udp_echocli IP
 *
 * Compile:  cc -Wall -Wextra -o udp_echocli udp_echocli.c
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char *argv[])
{
    // TODO arguments: IP
    if (argc != 2) {
        fprintf(stderr, "usage: udp_echocli IP\n");
        return 1;
    }

    // TODO socket: open a datagram socket
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    if (s == -1) {
        perror("socket");
        return 1;
    }
    struct sockaddr_in server;
    memset(&server, 0, sizeof(server));
    server.sin_family = AF_INET;
    server.sin_port = htons(7);
    if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) {
        fprintf(stderr, "%s: not an address\n", argv[1]);
        return 1;
    }

    printf("입력 : ");
    fflush(stdout);
    char line[1024];
    if (!fgets(line, sizeof(line), stdin)) {
        close(s);
        return 0;
    }
    if (sendto(s, line, strlen(line), 0, (struct sockaddr *)&server, sizeof(server)) == -1) {
        perror("sendto");
        return 1;
    }
    char reply[1025];
    int n = recvfrom(s, reply, 1024, 0, NULL, NULL);
    if (n == -1) {
        perror("recvfrom");
        return 1;
    }
    reply[n] = '\0';
    printf("수신 : %s", reply);
    close(s);
    return 0;
}
