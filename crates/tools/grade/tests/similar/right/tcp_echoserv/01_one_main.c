/* tcp echo server, iterative, K&R-ish */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <unistd.h>
#include <errno.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>

char buf[1024];

int main(argc, argv)
int argc;
char *argv[];
{
	struct sockaddr_in sa;
	int s, c, n, m, off, port;
	char *p;

	if (argc != 2) { fprintf(stderr, "usage: %s port\n", argv[0]); exit(1); }
	port = 0;
	for (p = argv[1]; *p; p++) {
		if (*p < '0' || *p > '9' || port > 65535) { printf("bad port\n"); exit(1); }
		port = port * 10 + *p - '0';
	}
	if (p == argv[1] || port < 1 || port > 65535) { printf("bad port\n"); exit(1); }
	signal(SIGPIPE, SIG_IGN);
	if ((s = socket(AF_INET, SOCK_STREAM, 0)) < 0) { perror("socket"); exit(1); }
	memset(&sa, 0, sizeof sa);
	sa.sin_family = AF_INET;
	sa.sin_port = htons(port);
	sa.sin_addr.s_addr = htonl(INADDR_ANY);
	if (bind(s, (struct sockaddr *)&sa, sizeof sa) < 0) { perror("bind"); exit(1); }
	if (listen(s, 5) < 0) { perror("listen"); exit(1); }
again:
	c = accept(s, 0, 0);
	if (c < 0) { perror("accept"); usleep(10000); goto again; }
	for (;;) {
		n = read(c, buf, sizeof buf);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) break;
		for (off = 0; off < n; off += m) {
			m = write(c, buf + off, n - off);
			if (m < 0) {
				if (errno == EINTR) { m = 0; continue; }
				goto done;
			}
		}
	}
done:
	close(c);
	goto again;
}
