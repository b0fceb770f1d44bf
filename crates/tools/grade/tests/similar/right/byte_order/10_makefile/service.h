struct port { unsigned net, host; };
int find_port(const char *service, const char *proto, struct port *out);
