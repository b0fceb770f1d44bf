enum { TCP_SYS = -1, TCP_BADADDR = -2 };
int tcp_open(const char *ip, unsigned short port);
