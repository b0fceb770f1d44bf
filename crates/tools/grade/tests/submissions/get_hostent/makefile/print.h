#ifndef PRINT_H
#define PRINT_H

#include <netdb.h>

void print_host(const struct hostent *host);

#endif
