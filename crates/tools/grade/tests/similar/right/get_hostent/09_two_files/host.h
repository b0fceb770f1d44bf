#define MAXITEM 1024
#define MAXNAME 1025
struct host {
    char name[MAXNAME];
    int type, length, nips, naliases;
    char ip[MAXITEM][16];
    char alias[MAXITEM][MAXNAME];
    const char *why;
};
int host_lookup(const char *name, struct host *out);
