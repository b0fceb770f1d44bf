/* non-blocking socket, poll, drains everything */
#include <stdio.h>
#include <stdlib.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <arpa/inet.h>

#define DIE(x) do { perror(x); exit(1); } while (0)

int main(int c, char **v)
{
  struct sockaddr_in a = { .sin_family = AF_INET }, f;
  struct pollfd p = { .events = POLLIN };
  char b[1 << 16];
  long port = 0;
  const char *q;
  if (c != 2 || !v[1][0]) { fprintf(stderr, "PORT?\n"); return 1; }
  for (q = v[1]; isdigit((unsigned char)*q) && port < 100000; q++) port = port * 10 + *q - '0';
  if (*q || port < 1 || port > 65535) { fprintf(stderr, "PORT is not a number in 1..65535\n"); return 1; }
  p.fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  if (p.fd < 0) DIE("socket");
  a.sin_port = htons(port);
  if (bind(p.fd, (struct sockaddr *)&a, sizeof a)) DIE("bind");
  fcntl(p.fd, F_SETFL, O_NONBLOCK);
  for (;;) {
    if (poll(&p, 1, -1) < 0 && errno != EINTR) perror("poll");
    for (;;) {
      socklen_t l = sizeof f;
      ssize_t n = recvfrom(p.fd, b, sizeof b, 0, (struct sockaddr *)&f, &l);
      if (n < 0) break;
      while (sendto(p.fd, b, n, 0, (struct sockaddr *)&f, l) < 0 && (errno == EAGAIN || errno == EINTR)) {
        struct pollfd o = { p.fd, POLLOUT, 0 };
        poll(&o, 1, 100);
      }
    }
  }
}
