#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* read() and write() on a connected datagram socket */

struct client {
	int fd;
	struct sockaddr_in peer;
};

static int complain(const char *what)
{
	fprintf(stderr, "connected_udp: %s: %s\n", what, strerror(errno));
	return -1;
}

static int client_open(struct client *c, const char *ip)
{
	memset(c, 0, sizeof *c);
	c->peer.sin_family = AF_INET;
	c->peer.sin_port = htons(7);
	if (inet_pton(AF_INET, ip, &c->peer.sin_addr) != 1) {
		fprintf(stderr, "connected_udp: %s is not an address\n", ip);
		return -1;
	}
	c->fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (c->fd < 0)
		return complain("socket");
	if (connect(c->fd, (struct sockaddr *)&c->peer, sizeof c->peer) < 0)
		return complain("connect");
	return 0;
}

static int client_disconnect(struct client *c)
{
	c->peer.sin_family = AF_UNSPEC;
	if (connect(c->fd, (struct sockaddr *)&c->peer, sizeof c->peer) < 0 && errno != EAFNOSUPPORT)
		return complain("disconnect");
	return 0;
}

static int client_talk(struct client *c)
{
	char *line = NULL, answer[65536];
	size_t cap = 0;
	ssize_t n;

	fputs("입력 : ", stdout);
	fflush(stdout);
	n = getline(&line, &cap, stdin);
	if (n < 0)
		return 0;
	if (write(c->fd, line, n) != n)
		return complain("write");
	free(line);
	n = read(c->fd, answer, sizeof answer);
	if (n < 0)
		return complain("read");
	fputs("수신 : ", stdout);
	fwrite(answer, 1, n, stdout);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	struct client c;

	if (argc != 2) {
		fprintf(stderr, "usage: connected_udp IP\n");
		return 1;
	}
	if (client_open(&c, argv[1]) < 0 || client_talk(&c) < 0 || client_disconnect(&c) < 0)
		return 1;
	if (close(c.fd) < 0)
		return 1;
	return 0;
}
