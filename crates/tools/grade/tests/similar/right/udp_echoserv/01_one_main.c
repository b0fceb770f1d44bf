#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>

static char buf[65536];

int main(int argc, char *argv[])
{
	int s, n;
	long port;
	char *end;
	struct sockaddr_in my, peer;
	socklen_t len;

	if (argc != 2) { fprintf(stderr, "Usage: %s PORT\n", argv[0]); exit(1); }
	port = strtol(argv[1], &end, 10);
	if (end == argv[1] || *end || port < 1 || port > 65535) {
		fprintf(stderr, "%s is no port number\n", argv[1]);
		exit(1);
	}
	if ((s = socket(AF_INET, SOCK_DGRAM, 0)) < 0) { perror("socket"); exit(1); }
	memset(&my, 0, sizeof(my));
	my.sin_family = AF_INET;
	my.sin_addr.s_addr = htonl(INADDR_ANY);
	my.sin_port = htons(port);
	if (bind(s, (struct sockaddr *)&my, sizeof(my)) < 0) { perror("bind"); exit(1); }
	while (1) {
		len = sizeof(peer);
		n = recvfrom(s, buf, sizeof(buf), 0, (struct sockaddr *)&peer, &len);
		if (n < 0) { perror("recvfrom"); continue; }
		if (sendto(s, buf, n, 0, (struct sockaddr *)&peer, len) < 0) perror("sendto");
	}
}
