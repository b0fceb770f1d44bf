#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#define DAYTIME 13

int main(int argc, char *argv[])
{
	int s, n;
	struct sockaddr_in sa;
	char buf[128];

	if (argc != 2) { fprintf(stderr, "Usage: %s IP\n", argv[0]); exit(1); }
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(DAYTIME);
	if (inet_pton(AF_INET, argv[1], &sa.sin_addr) != 1) { fprintf(stderr, "%s: no address\n", argv[1]); exit(1); }
	if ((s = socket(AF_INET, SOCK_STREAM, 0)) < 0) { perror("socket"); exit(1); }
	if (connect(s, (struct sockaddr *)&sa, sizeof(sa)) < 0) { perror("connect"); exit(1); }
	while ((n = read(s, buf, sizeof(buf))) > 0)
		if (fwrite(buf, 1, n, stdout) != (size_t)n) { perror("stdout"); exit(1); }
	if (n < 0) { perror("read"); exit(1); }
	close(s);
	if (fflush(stdout)) { perror("stdout"); exit(1); }
	return 0;
}
