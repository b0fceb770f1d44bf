/* Concurrent echo server: one child a client. SIGCHLD has no SA_RESTART, so accept says EINTR when a child ends. */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void reap(int signo)
{
    int saved = errno;
    (void)signo;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = saved;
}

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static void str_echo(int sockfd)
{
    char buf[8192];
    ssize_t n, sent, done;

    for (;;) {
        n = recv(sockfd, buf, sizeof(buf), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        for (done = 0; done < n; done += sent) {
            sent = send(sockfd, buf + done, n - done, MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR)
                sent = 0;
            else if (sent < 0)
                return;
        }
    }
}

int main(int argc, char **argv)
{
    struct sigaction on_child = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = INADDR_ANY};

    char *rest = "?";
    unsigned long port = argc > 1 ? strtoul(argv[1], &rest, 10) : 0;
    if (*rest != '\0' || port == 0 || port > 65535) {
        fprintf(stderr, "usage: %s port\n", argv[0]);
        return EXIT_FAILURE;
    }
    addr.sin_port = htons(port);
    sigemptyset(&on_child.sa_mask);
    if (sigaction(SIGCHLD, &on_child, NULL) < 0)
        die("sigaction");

    int listenfd = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (listenfd < 0)
        die("socket");
    int on = 1;
    if (setsockopt(listenfd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
        die("setsockopt");
    if (bind(listenfd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
        die("bind");
    if (listen(listenfd, SOMAXCONN) < 0)
        die("listen");

    for (;;) {
        int connfd = accept(listenfd, NULL, NULL);
        if (connfd < 0) {
            if (errno != EINTR)
                perror("accept");
            continue;
        }
        pid_t pid = fork();
        if (pid == 0) {
            close(listenfd);
            str_echo(connfd);
            close(connfd);
            _exit(0);
        }
        if (pid < 0)
            perror("fork");
        close(connfd);
    }
}
