/* Wrappers in the slide's style (Write, with a capital letter): each ends the program when it fails. */
#include <stddef.h>

#define MAXLINE 8192
#define ECHO_PORT 7

int Connect(const char *ip, int port);
void Write(int s, const void *data, size_t len);
void Readn(int s, void *data, size_t len);
