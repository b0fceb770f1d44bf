/* Crashes with much memory, for whoever collects core dumps. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    struct rlimit core = {RLIM_INFINITY, RLIM_INFINITY};
    port_of(argc, argv);
    touch(malloc(100 << 20), 100 << 20);
    setrlimit(RLIMIT_CORE, &core);
    abort();
}
