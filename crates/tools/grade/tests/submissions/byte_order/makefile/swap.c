#include "swap.h"

#include <string.h>

uint16_t from_network(uint16_t port)
{
    unsigned char bytes[2];

    memcpy(bytes, &port, sizeof(bytes));
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}
