// Two names, and both asked for before either is printed: get_hostent_2 NAME NAME
#include "../sockcommon/sockcommon.h"
#include <netdb.h>

int main(int argc, char *argv[])
{
    if (argc != 3)
        return 1;
    struct hostent *first = gethostbyname(argv[1]);
    char *copy = strdup(first->h_name);
    struct hostent *second = gethostbyname(argv[2]);
    printf("%s, %s\n", first->h_name, second->h_name);
    printf("%s\n", first == second ? "one pointer" : "two pointers");
    printf("%s, %s\n", copy, second->h_name);
    free(copy);
    return 0;
}
