#ifndef ECHO_H
#define ECHO_H
void echo_client(int fd);
#endif
