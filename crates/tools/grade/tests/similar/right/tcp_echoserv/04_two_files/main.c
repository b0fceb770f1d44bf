#include "echo.h"
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <unistd.h>
#include <fcntl.h>
#include <arpa/inet.h>
#include <sys/socket.h>

static void nothing(int sig) { (void)sig; }

int main(int argc, char **argv)
{
	int port, used = 0, s, c;
	struct sigaction sa = { .sa_handler = nothing };
	struct sockaddr_in me = { .sin_family = AF_INET };

	if (argc != 2 || sscanf(argv[1], "%5d%n", &port, &used) != 1 || argv[1][used]
	    || argv[1][0] == '-' || port < 1 || port > 65535) {
		fprintf(stderr, "tcp_echoserv: PORT (1..65535) expected\n");
		return 1;
	}
	sigaction(SIGPIPE, &sa, NULL);
	me.sin_port = htons(port);
	if ((s = socket(PF_INET, SOCK_STREAM, IPPROTO_TCP)) == -1) { perror("socket"); return 1; }
	if (bind(s, (struct sockaddr *)&me, sizeof(me)) == -1) { perror("bind"); return 1; }
	if (listen(s, 5) == -1) { perror("listen"); return 1; }
	for (;;) {
		if ((c = accept(s, NULL, NULL)) == -1) { perror("accept"); usleep(1000); continue; }
		if (c < FD_SETSIZE) {
			fcntl(c, F_SETFL, fcntl(c, F_GETFL) | O_NONBLOCK);
			echo_client(c);
		}
		close(c);
	}
}
