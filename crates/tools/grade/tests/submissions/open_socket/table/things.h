#ifndef THINGS_H
#define THINGS_H

#define THINGS 4

struct thing {
    const char *label;
    int (*open)(void);  // a descriptor, or -1 and errno
};

extern const struct thing things[THINGS];

#endif
