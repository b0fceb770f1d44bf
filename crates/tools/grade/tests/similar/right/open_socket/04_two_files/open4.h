#pragma once
struct four { int passwd, stream, dgram, hosts; };
const char *open4(struct four *f);   /* NULL, or what failed (errno) */
