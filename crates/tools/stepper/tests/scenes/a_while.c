/* Waits longer than a kernel does before it sends a request for a connection again: 1 s, RFC 6298. */
#include <poll.h>

int main(void)
{
    poll(0, 0, 1500);
    return 0;
}
