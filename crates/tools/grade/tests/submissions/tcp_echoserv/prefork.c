// Three processes take turns at accept: a lock of fcntl says whose turn it is.
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int turns;

static void turn(int type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};

    if (fcntl(turns, F_SETLKW, &lock) < 0) {
        perror("fcntl");
        exit(1);
    }
}

static void serve(int s)
{
    char buf[4096];
    ssize_t n, sent, done;

    for (;;) {
        turn(F_WRLCK);
        int c = accept(s, NULL, NULL);
        turn(F_UNLCK);
        if (c < 0) {
            perror("accept");
            sleep(1);
            continue;
        }
        while ((n = read(c, buf, sizeof(buf))) > 0) {
            for (done = 0; done < n && (sent = write(c, buf + done, n - done)) > 0; done += sent)
                ;
            if (done < n)
                break;
        }
        close(c);
    }
}

int main(int argc, char *argv[])
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    FILE *file = tmpfile();
    char *end;
    long port;
    int s;

    if (argc != 2 || *argv[1] == '\0' || (port = strtol(argv[1], &end, 10)) < 0 || port > 65535 || *end != '\0') {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 1;
    }
    if (file == NULL) {
        perror("tmpfile");
        return 1;
    }
    turns = fileno(file);
    signal(SIGPIPE, SIG_IGN);
    addr.sin_addr.s_addr = htonl(INADDR_ANY);
    addr.sin_port = htons(port);
    if ((s = socket(AF_INET, SOCK_STREAM, 0)) < 0 || bind(s, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(s, 5) < 0) {
        perror("server");
        return 1;
    }
    puts("서버가 클라이언트를 기다립니다.");
    fflush(stdout);
    for (int i = 0; i < 3; i++)
        if (fork() == 0)
            serve(s);
    while (wait(NULL) > 0)
        ;
    return 1;
}
