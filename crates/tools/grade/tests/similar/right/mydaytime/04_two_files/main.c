#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "tcp.h"

int main(int argc, char **argv)
{
	FILE *in;
	int s, c;
	if (argc != 2) { fprintf(stderr, "mydaytime IP\n"); return 1; }
	s = tcp_open(argv[1], 13);
	if (s == TCP_BADADDR) { fprintf(stderr, "%s is not an address\n", argv[1]); return 1; }
	if (s == TCP_SYS) { perror(argv[1]); return 1; }
	in = fdopen(s, "r");
	if (in == NULL) { perror("fdopen"); return 1; }
	while ((c = getc(in)) != EOF)
		if (putchar(c) == EOF) break;
	if (ferror(in)) { perror("read"); return 1; }
	fclose(in);		/* calls close */
	if (ferror(stdout) || fflush(stdout) != 0) { perror("stdout"); return 1; }
	return 0;
}
