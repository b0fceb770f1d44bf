int udp_open(void);
int udp_target(const char *ip);
int udp_ask(int fd, char *buf, int len, int cap);
