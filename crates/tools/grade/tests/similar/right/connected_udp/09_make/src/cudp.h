#pragma once
#include <sys/types.h>
int cudp_connect(const char *ip, unsigned short port);
int cudp_unconnect(int fd);
ssize_t cudp_exchange(int fd, const void *out, size_t outlen, void *in, size_t inlen);
