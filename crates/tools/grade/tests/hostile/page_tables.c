/* Memory for nothing but page tables: one byte read in every 2 MiB. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    volatile char sum = 0;
    port_of(argc, argv);
    for (size_t i = 0;; i++) {
        char *p = mmap(NULL, 1UL << 40, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED)
            return 1;
        for (size_t at = 0; at < 1UL << 40; at += 2 << 20)
            sum += p[at];
    }
}
