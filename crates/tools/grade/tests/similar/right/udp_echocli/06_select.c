#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
/* one select for both the keyboard and the socket; tiny reads, line kept in states */
enum state { TYPING, WAITING, DONE };

int main(int argc, char *argv[])
{
	struct sockaddr_in peer = { .sin_family = AF_INET };
	enum state st = TYPING;
	static char line[4096], ans[65536];
	int used = 0, s, ret = 0;
	char ch;

	if (argc != 2) { fprintf(stderr, "IP 주소를 주세요\n"); return 1; }
	if (inet_pton(AF_INET, argv[1], &peer.sin_addr) != 1) { fprintf(stderr, "IP 주소가 아님: %s\n", argv[1]); return 1; }
	peer.sin_port = htons(7);
	if ((s = socket(AF_INET, SOCK_DGRAM, 0)) == -1) { perror("socket"); return 1; }
	printf("입력 : "); fflush(stdout);
	while (st != DONE) {
		fd_set r;
		int watch = st == TYPING ? 0 : s;
		FD_ZERO(&r);
		FD_SET(watch, &r);
		if (select(watch + 1, &r, NULL, NULL, NULL) < 0) { perror("select"); return 1; }
		if (!FD_ISSET(watch, &r))
			continue;
		if (st == TYPING) {
			ssize_t k = read(0, &ch, 1);
			if (k == 1)
				line[used++] = ch;
			if (k < 1 && used == 0) {
				st = DONE;
			} else if (k < 1 || ch == '\n' || used == sizeof line) {
				if (sendto(s, line, used, 0, (struct sockaddr *)&peer, sizeof peer) < 0) { perror("sendto"); return 1; }
				st = WAITING;
			}
		} else {
			ssize_t k = recvfrom(s, ans, sizeof ans, 0, NULL, NULL);
			if (k < 0) { perror("recvfrom"); return 1; }
			printf("수신 : ");
			if (k > 0 && fwrite(ans, k, 1, stdout) != 1)
				ret = 1;
			st = DONE;
		}
	}
	if (fflush(stdout) != 0)
		ret = 1;
	close(s);
	return ret;
}
