/* epoll, edge-triggered; queue of what could not be sent at once is not needed: we wait */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <netinet/in.h>

static int number(const char *s)
{
	char *e;
	errno = 0;
	long v = strtol(s, &e, 10);
	return errno || e == s || *e || v < 1 || v > 65535 ? -1 : (int)v;
}

int main(int argc, char **argv)
{
	int port = argc == 2 ? number(argv[1]) : -1;
	if (port < 0) { fprintf(stderr, "udp_echoserv: bad or no PORT\n"); return 1; }
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), ep = epoll_create1(0);
	struct sockaddr_in a = { AF_INET, htons(port), { INADDR_ANY } };
	if (s < 0 || ep < 0) { perror("socket"); return 1; }
	if (bind(s, (struct sockaddr *)&a, sizeof a) < 0) { perror("bind"); return 1; }
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	if (epoll_ctl(ep, EPOLL_CTL_ADD, s, &e) < 0) { perror("epoll_ctl"); return 1; }
	for (;;) {
		if (epoll_wait(ep, &e, 1, -1) < 1) continue;
		for (;;) {
			struct sockaddr_in f;
			socklen_t fl = sizeof f;
			/* first its size (MSG_PEEK|MSG_TRUNC), then a buffer that fits */
			ssize_t n = recvfrom(s, NULL, 0, MSG_PEEK | MSG_TRUNC, NULL, NULL);
			if (n < 0) { if (errno == EINTR) continue; break; }
			char *m = malloc(n + 1);
			n = recvfrom(s, m, n, 0, (struct sockaddr *)&f, &fl);
			if (n >= 0) {
				int tries = 0;
				while (sendto(s, m, n, 0, (struct sockaddr *)&f, fl) < 0 && errno == EAGAIN && tries++ < 1000)
					usleep(1000);
			}
			free(m);
		}
	}
}
