#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include "tcp.h"

int tcp_open(const char *ip, unsigned short port)
{
	struct sockaddr_in a;
	int s;
	memset(&a, 0, sizeof a);
	a.sin_family = AF_INET;
	a.sin_port = htons(port);
	switch (inet_pton(AF_INET, ip, &a.sin_addr)) {
	case 1: break;
	default: return TCP_BADADDR;
	}
	s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0) return TCP_SYS;
	if (connect(s, (const void *)&a, sizeof a) < 0) { close(s); return TCP_SYS; }
	return s;
}
