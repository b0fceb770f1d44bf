#include "open4.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
	struct four f;
	const char *bad = open4(&f);

	if (bad) { perror(bad); exit(EXIT_FAILURE); }
	fputs("Opened four things.\n", stderr);
	printf("/etc/passwd's file descriptor = %d\n", f.passwd);
	printf("stream socket descriptor = %d\n", f.stream);
	printf("datagram socket descriptor = %d\n", f.dgram);
	printf("/etc/host's file descriptor = %d\n", f.hosts);
	if (close(f.passwd) | close(f.stream) | close(f.dgram) | close(f.hosts)) { perror("close"); return 1; }
	exit(EXIT_SUCCESS);
}
