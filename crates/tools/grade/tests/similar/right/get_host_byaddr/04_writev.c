#include <sys/uio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <string.h>
#include <netdb.h>
#include <arpa/inet.h>

enum { OK, USAGE, NOT_ADDRESS, NO_NAME, CANT_WRITE };

static int line(int fd, const char *a, const char *b)
{
    struct iovec v[3];
    v[0].iov_base = (void *)a; v[0].iov_len = strlen(a);
    v[1].iov_base = (void *)b; v[1].iov_len = strlen(b);
    v[2].iov_base = "\n";      v[2].iov_len = 1;
    return writev(fd, v, 3) == (ssize_t)(v[0].iov_len + v[1].iov_len + 1);
}

int main(int argc, char *argv[])
{
    in_addr_t a;
    struct hostent *h;

    if (argc != 2) { line(2, "usage: get_host_byaddr ", "IP"); return USAGE; }
    if (inet_pton(AF_INET, argv[1], &a) != 1) { line(2, "not an address: ", argv[1]); return NOT_ADDRESS; }
    if (!(h = gethostbyaddr(&a, 4, AF_INET))) { line(2, "no name: ", argv[1]); return NO_NAME; }
    return line(1, "호스트 이름 : ", h->h_name) ? OK : CANT_WRITE;
}
