/* A server that takes connections and never reads. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    int s = listening(port_of(argc, argv));
    for (;;)
        accept(s, NULL, NULL);
}
