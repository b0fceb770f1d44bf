#ifndef DAYTIME_H
#define DAYTIME_H

#include <stddef.h>

// A socket that is connected to ip's daytime service; -1 if that fails.
int daytime_connect(const char *ip);

// All that the server sends until it closes, and its length; NULL if that fails. To be freed.
char *daytime_read(int s, size_t *len);

#endif
