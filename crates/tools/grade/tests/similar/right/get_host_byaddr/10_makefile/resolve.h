#pragma once
#include <stddef.h>
/* 0, or -1 when there is no name */
int resolve(const void *four_bytes, char *name, size_t room);
