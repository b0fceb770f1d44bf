#include <sys/socket.h>
#include <sys/uio.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <string.h>
#include <stdio.h>
#include <unistd.h>
#define TRY(e) do { if ((e) < 0) { perror(#e); goto fail; } } while (0)
#define P(s) write(STDOUT_FILENO, s, sizeof s - 1)
/* 4 KB stack buffers, only system calls; one byte at a time from the keyboard */
int main(int argc, char **argv)
{
	union { struct sockaddr sa; struct sockaddr_in in; } u;
	char b[4097];
	int fd = -1, n = 0, k, w;

	memset(&u, 0, sizeof u);
	u.in.sin_family = AF_INET;
	u.in.sin_port = htons(7);
	if (argc != 2 || inet_aton(argv[1], &u.in.sin_addr) == 0) {
		fprintf(stderr, "connected_udp a.b.c.d\n");
		goto fail;
	}
	TRY(fd = socket(AF_INET, SOCK_DGRAM, 0));
	TRY(connect(fd, &u.sa, sizeof u));
	P("입력 : ");
next:
	TRY(k = read(0, b + n, 1));
	n += k;
	if (k == 1 && b[n - 1] != '\n' && n < 4096)
		goto next;
	if (n > 0) {
		struct iovec v = { b, n };
		struct msghdr m;
		memset(&m, 0, sizeof m);
		m.msg_iov = &v;
		m.msg_iovlen = 1;
		TRY(sendmsg(fd, &m, 0));
		v.iov_len = sizeof b;
		TRY(n = recvmsg(fd, &m, 0));
		P("수신 : ");
		for (k = 0; k < n; k += w)
			TRY(w = write(1, b + k, n - k));
	}
	u.sa.sa_family = AF_UNSPEC;
	TRY(connect(fd, &u.sa, sizeof u.sa));
	TRY(close(fd));
	return 0;
fail:
	return 1;
}
