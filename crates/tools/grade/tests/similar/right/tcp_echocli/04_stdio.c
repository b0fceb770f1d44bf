/* stdio all the way: two FILEs on the socket, getc and putc */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <signal.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

FILE *in, *out;

static void oops(char *what) {
	perror(what);
	exit(1);
}

int main(int argc, char **argv) {
	struct sockaddr_in a;
	int c, s;
	long n, i;
	static char keep[5000];

	signal(SIGPIPE, SIG_IGN);
	if (argc != 2) {
		fprintf(stderr, "need one address\n");
		exit(1);
	}
	memset(&a, 0, sizeof a);
	a.sin_family = AF_INET;
	a.sin_port = htons(7);
	if (inet_aton(argv[1], &a.sin_addr) == 0) {
		fprintf(stderr, "%s?\n", argv[1]);
		exit(1);
	}
	s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0)
		oops("socket");
	if (connect(s, (struct sockaddr *) &a, sizeof a) < 0)
		oops("connect");
	in = fdopen(s, "r");
	out = fdopen(dup(s), "w");

	fputs("입력 : ", stdout);
	fflush(stdout);
	n = 0;
	while ((c = getchar()) != EOF) {
		putc(c, out);
		n++;
		if (c == '\n')
			break;
	}
	if (fflush(out) == EOF)
		oops("send");
	for (i = 0; i < n; i++) {
		if ((c = getc(in)) == EOF) {
			fprintf(stderr, "only %ld of %ld bytes came back\n", i, n);
			exit(1);
		}
		keep[i] = c;
	}
	if (n > 0) {
		fputs("수신 : ", stdout);
		for (i = 0; i < n; i++)
			putchar(keep[i]);
	}
	fclose(out);
	fclose(in);
	return 0;
}
