/* Memory that nobody counts: of a shared mapping, one page stays mapped, and so all of it stays. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    size_t much = 64 << 20, hidden = 0;
    int zero;
    port_of(argc, argv);
    zero = open("/dev/zero", O_RDWR);
    for (int i = 0; i < 32; i++) {
        char *p = mmap(NULL, much, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED)
            p = mmap(NULL, much, PROT_READ | PROT_WRITE, MAP_SHARED, zero, 0);
        if (p == MAP_FAILED)
            break;
        touch(p, much);
        munmap(p + 4096, much - 4096);
        hidden += much;
    }
    fprintf(stderr, "hidden: %zu MiB.\n", hidden >> 20);
    return 1;
}
