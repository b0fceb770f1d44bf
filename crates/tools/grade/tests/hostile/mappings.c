/* As many mappings as there may be, in many processes: each is memory of the kernel's. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    port_of(argc, argv);
    for (int i = 0; i < 3; i++)
        fork();
    for (int i = 0; i < 60000; i++)
        mmap(NULL, 4096, i % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (;;)
        pause();
}
