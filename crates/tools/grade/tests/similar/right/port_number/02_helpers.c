#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const HOST = "127.0.0.1";
enum { PORT = 7 };

static struct sockaddr_in endpoint(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	inet_pton(AF_INET, HOST, &a.sin_addr);
	return a;
}

static uint16_t own_port(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0)
		err(1, "getsockname");
	return ntohs(((struct sockaddr_in *)&ss)->sin_port);
}

static int make(int type)
{
	int fd = socket(AF_INET, type, 0);
	if (fd < 0)
		err(1, "socket");
	return fd;
}

int main(void)
{
	const struct sockaddr_in srv = endpoint();
	const struct sockaddr *sa = (const struct sockaddr *)&srv;
	int tcp = make(SOCK_STREAM), udp = make(SOCK_DGRAM);
	char text[64] = "what is my port?\n";

	if (connect(tcp, sa, sizeof srv) < 0)
		err(1, "connect to %s port %d", HOST, PORT);
	if (sendto(udp, text, strlen(text), 0, sa, sizeof srv) < 0)
		err(1, "sendto");
	printf("스트림 소켓 포트번호 = %hu\n", own_port(tcp));
	printf("데이터그램 소켓 포트번호 = %hu\n", own_port(udp));
	if (close(tcp) < 0 || close(udp) < 0)
		err(1, "close");
	return 0;
}
