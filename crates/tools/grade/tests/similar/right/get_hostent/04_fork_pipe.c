#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int child(const char *name, FILE *out)
{
    struct hostent *he = gethostbyname2(name, AF_INET);
    int i;
    if (!he)
        return 1;
    fprintf(out, "호스트 이름 : %s\n", he->h_name);
    fprintf(out, "호스트 주소타입 번호 : %d\n", he->h_addrtype);
    fprintf(out, "호스트 주소의 길이 : %d\n", he->h_length);
    for (i = 0; he->h_addr_list[i] != NULL; ++i) {
        unsigned char *b = (unsigned char *)he->h_addr_list[i];
        fprintf(out, "IP주소(%d번째) : %u.%u.%u.%u\n", i + 1, b[0], b[1], b[2], b[3]);
    }
    for (i = 0; he->h_aliases[i] != NULL; ++i)
        fprintf(out, "호스트 별명(%d 번째) : %s\n", i + 1, he->h_aliases[i]);
    return fclose(out) ? 2 : 0;
}

int main(int argc, char *argv[])
{
    int fd[2], st;
    pid_t pid;
    char c;
    ssize_t n;

    if (argc != 2) { fputs("usage: get_hostent NAME\n", stderr); return 1; }
    if (pipe(fd) < 0 || (pid = fork()) < 0) { perror("pipe/fork"); return 1; }
    if (pid == 0) {
        close(fd[0]);
        _exit(child(argv[1], fdopen(fd[1], "w")));
    }
    close(fd[1]);
    while ((n = read(fd[0], &c, 1)) > 0 || (n < 0 && errno == EINTR))
        if (n == 1) putchar(c);
    if (waitpid(pid, &st, 0) != pid || !WIFEXITED(st)) return 3;
    if (WEXITSTATUS(st)) fprintf(stderr, "%s: no such host\n", argv[1]);
    return WEXITSTATUS(st);
}
