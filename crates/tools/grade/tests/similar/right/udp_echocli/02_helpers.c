#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ECHO_PORT = 7, LIMIT = 65536 };

struct message {
	size_t len;
	char *bytes;
};

static struct sockaddr_in parse(const char *text)
{
	struct sockaddr_in a;

	memset(&a, 0, sizeof a);
	a.sin_family = AF_INET;
	a.sin_port = htons(ECHO_PORT);
	if (inet_pton(AF_INET, text, &a.sin_addr) != 1)
		errx(1, "%s: not an IPv4 address", text);
	return a;
}

static bool read_line(struct message *m)
{
	size_t cap = 0;
	ssize_t n;

	m->bytes = NULL;
	n = getline(&m->bytes, &cap, stdin);
	if (n < 0)
		return false;
	m->len = n;
	return true;
}

static void transmit(int fd, const struct message *m, const struct sockaddr_in *to)
{
	ssize_t n = sendto(fd, m->bytes, m->len, 0, (const struct sockaddr *)to, sizeof *to);

	if (n < 0)
		err(1, "sendto");
}

static void receive(int fd, struct message *m)
{
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	ssize_t n;

	m->bytes = malloc(LIMIT);
	if (m->bytes == NULL)
		err(1, "malloc");
	do
		n = recvfrom(fd, m->bytes, LIMIT, 0, (struct sockaddr *)&from, &len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		err(1, "recvfrom");
	m->len = n;
	fprintf(stderr, "[%zu bytes from %s:%d]\n", m->len, inet_ntoa(from.sin_addr), ntohs(from.sin_port));
}

int main(int argc, char **argv)
{
	struct message out, in;
	struct sockaddr_in server;
	int fd;

	if (argc < 2)
		errx(1, "usage: udp_echocli IP");
	server = parse(argv[1]);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		err(1, "socket");

	fputs("입력 : ", stdout);
	fflush(stdout);
	if (read_line(&out)) {
		transmit(fd, &out, &server);
		receive(fd, &in);
		fputs("수신 : ", stdout);
		fwrite(in.bytes, in.len, 1, stdout);
		fputs("\n", stdout);
	}
	if (close(fd) < 0)
		err(1, "close");
	return 0;
}
