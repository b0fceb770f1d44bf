#include <netinet/in.h>
#include <sys/types.h>

/* Both give -1 and errno, as the calls below them do. */
int put(int s, const char *data, size_t length, const struct sockaddr_in *to);
ssize_t take(int s, char *data, size_t room);
