/* Takes memory without end. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    port_of(argc, argv);
    for (;;) {
        char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p != MAP_FAILED)
            touch(p, 1 << 20);
    }
}
