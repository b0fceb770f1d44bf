/*
 * getdtablesize: how many descriptors, and so sockets, one process may have (slide 11).
 *
 * Run:    getdtablesize
 * Watch:  the number is that of `ulimit -n`; after `ulimit -n 64` it is 64.
 * See:    getdtablesize(3), getrlimit(2)
 */
#include "../sockcommon/sockcommon.h"

int main(int argc, char *argv[])
{
    // 1. arguments: none
    parse_args(argc, argv, "getdtablesize");

    // 2. getdtablesize: the limit of this process
    printf("getdtablesize() = %d\n", getdtablesize());
    return flush_stdout();
}
