#include "echo.h"
#include <sys/uio.h>
#include <sys/select.h>
#include <errno.h>
#include <unistd.h>

/* ring of 4000 bytes, readv/writev, select */
#define N 4000
static char ring[N];

static int two(struct iovec *v, unsigned from, unsigned len)
{
	v[0].iov_base = ring + from;
	if (from + len <= N) { v[0].iov_len = len; return 1; }
	v[0].iov_len = N - from;
	v[1].iov_base = ring;
	v[1].iov_len = len - (N - from);
	return 2;
}

void echo_client(int fd)
{
	unsigned start = 0, used = 0;
	int eof = 0;
	struct iovec v[2];
	ssize_t n;

	while (!eof || used) {
		fd_set r, w;
		FD_ZERO(&r); FD_ZERO(&w);
		if (!eof && used < N) FD_SET(fd, &r);
		if (used) FD_SET(fd, &w);
		if (select(fd + 1, &r, &w, 0, 0) < 0) {
			if (errno == EINTR) continue;
			return;
		}
		if (FD_ISSET(fd, &r)) {
			n = readv(fd, v, two(v, (start + used) % N, N - used));
			if (n == 0) eof = 1;
			else if (n > 0) used += n;
			else if (errno != EINTR && errno != EAGAIN) return;
		}
		if (FD_ISSET(fd, &w) && used) {
			n = writev(fd, v, two(v, start, used));
			if (n > 0) { start = (start + n) % N; used -= n; }
			else if (n < 0 && errno != EINTR && errno != EAGAIN) return;
		}
	}
}
