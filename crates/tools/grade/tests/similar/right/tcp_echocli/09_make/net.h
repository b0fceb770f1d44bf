#ifndef NET_H
#define NET_H
#include <stddef.h>
int net_open(const char *ip, int port);
int net_exchange(int fd, const char *line, size_t len, char *answer);
#endif
