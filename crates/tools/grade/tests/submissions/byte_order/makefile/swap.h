#include <stdint.h>

// A port in network byte order as a number of this host, whichever way round the host is.
uint16_t from_network(uint16_t port);
