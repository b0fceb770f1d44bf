#include <stdio.h>
#include <stdlib.h>
int udp_open(unsigned short port);
void udp_loop(int s);

int main(int argc, char **argv)
{
	unsigned int port;
	char extra;
	int s;
	if (argc != 2 || argv[1][0] < '0' || argv[1][0] > '9' ||
	    sscanf(argv[1], "%6u%c", &port, &extra) != 1 || port == 0 || port > 65535) {
		fprintf(stderr, "usage: udp_echoserv PORT\n");
		return 1;
	}
	s = udp_open(port);
	if (s < 0) { perror("udp_open"); return 2; }
	udp_loop(s);
	return 3;
}
