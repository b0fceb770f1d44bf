/* System calls by the door of 32-bit programs, which a list of 64-bit numbers doesn't know. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    long pid = 0;
    port_of(argc, argv);
#ifdef __x86_64__
    __asm__ volatile("int $0x80" : "=a"(pid) : "a"(20L)); /* getpid of i386 */
#else
    raise(SIGSYS);
#endif
    fprintf(stderr, "OPEN: %ld\n", pid);
    return 1;
}
