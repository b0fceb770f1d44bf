#ifndef PEER_H
#define PEER_H

#include <stddef.h>
#include <sys/types.h>

struct peer {
    int sock;
};

struct peer peer_open(const char *ip, const char *port);
void peer_tell(struct peer peer, const void *data, size_t size);
ssize_t peer_hear(struct peer peer, void *data, size_t room);
void peer_forget(struct peer peer);

#endif
