#ifndef CONV_H
#define CONV_H
#include <stdint.h>
union ip4 { uint8_t b[4]; uint32_t w; };
int ip4_parse(const char *s, union ip4 *out);
const char *ip4_text(const union ip4 *in);
#endif
