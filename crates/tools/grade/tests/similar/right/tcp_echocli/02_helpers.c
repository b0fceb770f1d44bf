// tcp echo client, Stevens style: writen / readn, getline for the keyboard
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fflush(stdout);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (errno)
		fprintf(stderr, ": %s", strerror(errno));
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

static ssize_t writen(int fd, const void *v, size_t n)
{
	const char *p = v;
	size_t left = n;
	while (left > 0) {
		size_t piece = left > 512 ? 512 : left;
		ssize_t k = write(fd, p, piece);
		if (k < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		left -= k;
		p += k;
	}
	return n;
}

static ssize_t readn(int fd, void *v, size_t n)
{
	char *p = v;
	size_t left = n;
	while (left > 0) {
		ssize_t k = read(fd, p, left);
		if (k < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (k == 0)
			break;
		left -= k;
		p += k;
	}
	return n - left;
}

static int tcp_connect(const char *ip, unsigned short port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	if (inet_pton(AF_INET, ip, &a.sin_addr) <= 0) {
		errno = 0;
		die("%s is not an IPv4 address", ip);
	}
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		die("socket");
	if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0)
		die("connect to %s", ip);
	return fd;
}

static void str_cli(int fd)
{
	char *line = NULL, *answer;
	size_t cap = 0;
	ssize_t len, got;

	fputs("입력 : ", stdout);
	fflush(stdout);
	len = getline(&line, &cap, stdin);
	if (len < 0)
		return;
	answer = malloc(len);
	if (!answer)
		die("malloc");
	if (writen(fd, line, len) < 0)
		die("write");
	got = readn(fd, answer, len);
	if (got < 0)
		die("read");
	if (got < len) {
		errno = 0;
		die("server closed after %zd of %zd bytes", got, len);
	}
	fputs("수신 : ", stdout);
	fwrite(answer, 1, got, stdout);
	free(answer);
	free(line);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc != 2) {
		errno = 0;
		die("usage: %s IP", argv[0]);
	}
	int fd = tcp_connect(argv[1], 7);
	str_cli(fd);
	close(fd);
	return 0;
}
