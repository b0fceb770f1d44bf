/* As it was written before C99: getdtablesize is not declared, and main says no type. */
#include <stdio.h>

main()
{
    printf("getdtablesize() = %d\n", getdtablesize());
    return 0;
}
