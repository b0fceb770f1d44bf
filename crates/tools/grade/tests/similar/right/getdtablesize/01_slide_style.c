#include <stdio.h>
#include <unistd.h>

int main(void)
{
    printf("getdtablesize() = %d\n", getdtablesize());
    return 0;
}
