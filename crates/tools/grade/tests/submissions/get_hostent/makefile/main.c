#include "print.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s NAME\n", argv[0]);
        return EXIT_FAILURE;
    }

    struct hostent host, *found = NULL;
    char buf[8192];
    int error;
    if (gethostbyname2_r(argv[1], AF_INET, &host, buf, sizeof(buf), &found, &error) != 0 || found == NULL) {
        fprintf(stderr, "%s: %s\n", argv[1], hstrerror(error));
        return EXIT_FAILURE;
    }
    print_host(found);
    return EXIT_SUCCESS;
}
