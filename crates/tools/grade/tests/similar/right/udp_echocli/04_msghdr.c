/* sendmsg / recvmsg, one buffer for the line in two parts: text and newline */
#include <sys/socket.h>
#include <sys/uio.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char text[4096], half1[2048], half2[2048 + 60000];
static const char label[] = "수신 : ";

int
main (int argc, char **argv)
{
  struct sockaddr_in to;
  struct iovec v[3];
  struct msghdr m;
  int fd, c, rc = 1;
  size_t len = 0;
  int nl = 0;
  ssize_t r;

  if (argc != 2)
    {
      fputs ("usage: udp_echocli IP\n", stderr);
      return 1;
    }
  memset (&to, 0, sizeof to);
  to.sin_family = AF_INET;
  to.sin_port = htons (7);
  if (!inet_aton (argv[1], &to.sin_addr))
    {
      fprintf (stderr, "%s is no address\n", argv[1]);
      return 1;
    }
  fd = socket (AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  if (fd < 0)
    {
      perror ("socket");
      return 1;
    }

  write (1, "입력 : ", strlen ("입력 : "));
  while (!nl && len < sizeof text && (c = getchar ()) != EOF)
    if (c == '\n')
      nl = 1;
    else
      text[len++] = c;
  if (len == 0 && !nl)
    {
      rc = 0;
      goto done;
    }

  v[0].iov_base = text;
  v[0].iov_len = len;
  v[1].iov_base = "\n";
  v[1].iov_len = nl;
  memset (&m, 0, sizeof m);
  m.msg_name = &to;
  m.msg_namelen = sizeof to;
  m.msg_iov = v;
  m.msg_iovlen = 2;
  if (sendmsg (fd, &m, 0) < 0)
    {
      perror ("sendmsg");
      goto done;
    }

  v[0].iov_base = half1;
  v[0].iov_len = sizeof half1;
  v[1].iov_base = half2;
  v[1].iov_len = sizeof half2;
  m.msg_name = NULL;
  m.msg_namelen = 0;
  r = recvmsg (fd, &m, 0);
  if (r < 0)
    {
      perror ("recvmsg");
      goto done;
    }
  v[0].iov_base = (void *) label;
  v[0].iov_len = sizeof label - 1;
  v[1].iov_base = half1;
  v[1].iov_len = r < 2048 ? r : 2048;
  v[2].iov_base = half2;
  v[2].iov_len = r < 2048 ? 0 : r - 2048;
  writev (1, v, 3);
  rc = 0;

done:
  close (fd);
  return rc;
}
