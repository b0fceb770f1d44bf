#ifndef ECHOSERV_H
#define ECHOSERV_H

/* Opens a listening socket on a port of all addresses; -1 after having said why not. */
int open_server(int port);

/* Echoes what one read gives. Returns 0 when the client is done. */
int echo_once(int sock);

#endif
