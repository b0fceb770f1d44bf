// Files through stdio, where fclose() closes; sockets through the calls.
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        printf("%s: ", path);
        fflush(stdout);
        perror("fopen");
        exit(EXIT_FAILURE);
    }
    return file;
}

static int open_socket(int type)
{
    int sd = socket(AF_INET, type, 0);
    if (sd == -1) {
        printf("소켓을 열 수 없어요\n");
        exit(EXIT_FAILURE);
    }
    return sd;
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    FILE *passwd = open_file("/etc/passwd");
    int stream = open_socket(SOCK_STREAM);
    int datagram = open_socket(SOCK_DGRAM);
    FILE *hosts = open_file("/etc/hosts");

    printf("/etc/passwd's file descriptor=%d\n", fileno(passwd));
    printf("stream socket descriptor=%d\n", stream);
    printf("datagram socket descriptor=%d\n", datagram);
    printf("/etc/host's file descriptor=%d\n", fileno(hosts));

    fclose(passwd);
    fclose(hosts);
    close(stream);
    close(datagram);
    exit(EXIT_SUCCESS);
}
