/* Prints without end: what is too much of it is read and forgotten. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    port_of(argc, argv);
    for (;;)
        puts("{\"score\": 100, \"max_score\": 100}");
}
