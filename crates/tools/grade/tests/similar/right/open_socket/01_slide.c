#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/types.h>
#include <sys/socket.h>

int main()
{
	int fd1, fd2, sd1, sd2;

	fd1 = open("/etc/passwd", O_RDONLY, 0);
	if (fd1 < 0) { perror("/etc/passwd"); exit(1); }
	printf("/etc/passwd's file descriptor = %d\n", fd1);
	sd1 = socket(PF_INET, SOCK_STREAM, 0);
	if (sd1 < 0) { perror("stream socket"); exit(1); }
	printf("stream socket descriptor = %d\n", sd1);
	sd2 = socket(PF_INET, SOCK_DGRAM, 0);
	if (sd2 < 0) { perror("datagram socket"); exit(1); }
	printf("datagram socket descriptor = %d\n", sd2);
	fd2 = open("/etc/hosts", O_RDONLY, 0);
	if (fd2 < 0) { perror("/etc/hosts"); exit(1); }
	printf("/etc/host's file descriptor = %d\n", fd2);

	close(fd2);
	close(fd1);
	close(sd2);
	close(sd1);
	return 0;
}
