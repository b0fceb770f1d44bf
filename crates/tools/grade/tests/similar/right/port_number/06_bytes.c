/* no struct sockaddr_in: the address as 16 bytes, as it stands in memory */
#include <sys/types.h>
#include <sys/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#define DO(x) if ((x) < 0) { perror(#x); return 1; }
typedef union { struct sockaddr sa; unsigned char b[16]; } addr;
int main()
{
	addr srv, me;
	socklen_t n;
	int t, u;
	char out[200];

	memset(&srv, 0, sizeof srv);
	srv.sa.sa_family = AF_INET;
	srv.b[3] = 7;
	srv.b[4] = 127; srv.b[7] = 1;
	DO(t = socket(PF_INET, SOCK_STREAM, 0))
	DO(connect(t, &srv.sa, 16))
	n = 16;
	DO(getsockname(t, &me.sa, &n))
	sprintf(out, "스트림 소켓 포트번호 = %d\n", me.b[2] << 8 | me.b[3]);
	DO(u = socket(PF_INET, SOCK_DGRAM, 0))
	DO(sendto(u, out, strlen(out), 0, &srv.sa, 16))
	n = 16;
	DO(getsockname(u, &me.sa, &n))
	sprintf(out + strlen(out), "데이터그램 소켓 포트번호 = %d\n", me.b[2] << 8 | me.b[3]);
	DO(write(1, out, strlen(out)))
	DO(close(t))
	DO(close(u))
	return 0;
}
