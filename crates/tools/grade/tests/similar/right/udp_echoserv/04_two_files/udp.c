#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <netinet/in.h>

int udp_open(unsigned short port)
{
	struct sockaddr_in a;
	int s = socket(PF_INET, SOCK_DGRAM, 0);
	if (s == -1) return -1;
	bzero(&a, sizeof a);
	a.sin_family = AF_INET;
	a.sin_port = htons(port);
	if (bind(s, (void *)&a, sizeof a) == -1) return -1;
	return s;
}

/* 두 조각 버퍼 (scatter/gather) */
void udp_loop(int s)
{
	static char head[100], tail[65535 - 100];
	struct sockaddr_in from;
	struct iovec io[2];
	struct msghdr h;
	ssize_t n;
	for (;;) {
		memset(&h, 0, sizeof h);
		h.msg_name = &from;
		h.msg_namelen = sizeof from;
		h.msg_iov = io;
		h.msg_iovlen = 2;
		io[0].iov_base = head; io[0].iov_len = sizeof head;
		io[1].iov_base = tail; io[1].iov_len = sizeof tail;
		n = recvmsg(s, &h, 0);
		if (n < 0) continue;
		if (n <= (ssize_t)sizeof head) { io[0].iov_len = n; io[1].iov_len = 0; }
		else io[1].iov_len = n - sizeof head;
		sendmsg(s, &h, 0);
	}
}
