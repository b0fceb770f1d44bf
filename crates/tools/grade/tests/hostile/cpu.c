/* Keeps busy without end. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    port_of(argc, argv);
    for (;;)
        ;
}
