#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
/* three threads share one socket, each has its own buffer */
static int sock;

static void *run(void *mem)
{
	struct sockaddr_in p;
	socklen_t pl;
	ssize_t n;
	while (pl = sizeof p, n = recvfrom(sock, mem, 65507, 0, (struct sockaddr *)&p, &pl), 1)
		if (n >= 0)
			sendto(sock, mem, n, 0, (struct sockaddr *)&p, pl);
	return mem;
}

int main(int argc, char *argv[])
{
	static char mem[3][65507];
	struct sockaddr_in a;
	pthread_t t;
	char *e = "";
	long port = argc == 2 ? strtol(argv[1], &e, 10) : 0;
	if (*e != 0 || port <= 0 || port > 65535) { fprintf(stderr, "usage: udp_echoserv PORT\n"); return 1; }
	memset(&a, 0, sizeof a);
	a.sin_family = AF_INET; a.sin_port = htons(port); a.sin_addr.s_addr = htonl(INADDR_ANY);
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	if (sock < 0) { perror("socket"); return 1; }
	if (bind(sock, (struct sockaddr *)&a, sizeof a) < 0) { perror("bind"); return 1; }
	if (pthread_create(&t, NULL, run, mem[0]) || pthread_create(&t, NULL, run, mem[1]))
		fprintf(stderr, "fewer threads than wanted\n");
	run(mem[2]);
	return 1;
}
