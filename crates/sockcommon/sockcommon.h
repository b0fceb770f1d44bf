/*
 * What every lecture program shares and no slide is about: errors with a word of help, arguments and default
 * ports, a sockaddr_in as text, two loops. The Rust files have the same, under the same names, in src/lib.rs.
 */
#ifndef SOCKCOMMON_H
#define SOCKCOMMON_H

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAXLINE 65536     // bytes in a buffer for one line or one datagram; the largest datagram has 65507
#define ANSWER_TIMEOUT 5  // seconds that a client waits for a datagram before it gives up

/* ---- Errors ---- */

// Gives what to do about an error, as one more line; empty where perror says enough.
static inline const char *hint(const char *what, int error)
{
    if (error == EACCES && strcmp(what, "bind fail") == 0)
        return "이 포트에 bind하려면 권한(CAP_NET_BIND_SERVICE, 보통 root)이 필요합니다. 1024번 이상의 포트를 인자로 주거나 scripts/lab 안에서 실행하세요.\n";
    if (error == EADDRINUSE)
        return "다른 서버가 이 포트를 사용하고 있거나, TCP라면 방금 끝난 연결이 TIME_WAIT에 남아 있습니다. 1분쯤 기다리거나 다른 포트를 인자로 주세요.\n";
    if (error == ECONNREFUSED)
        return "그 포트에는 서버가 없습니다. 다른 터미널에서 먼저 서버를 실행하세요: cargo run -p tcp_echoserv (또는 udp_echoserv, daytimeserv)\n";
    if (error == EAGAIN && (strcmp(what, "recv fail") == 0 || strcmp(what, "recvfrom fail") == 0))
        return "5초 동안 응답이 없었습니다. IP 주소와 포트가 맞는지, 서버가 실행 중인지 확인하세요.\n";
    if (error == EMSGSIZE)
        return "데이터그램 하나에는 65507바이트까지만 담을 수 있습니다. 더 짧은 줄을 입력하세요.\n";
    return "";
}

// Prints what perror(what) prints and what to do about it, and ends with exit status 1.
_Noreturn static inline void fail(const char *what)
{
    int error = errno;
    perror(what);
    fputs(hint(what, error), stderr);
    exit(1);
}

// Prints the usage line and ends with exit status 2.
_Noreturn static inline void wrong_usage(const char *usage)
{
    fprintf(stderr, "usage: %s\n", usage);
    exit(2);
}

// Writes what printf has kept back, and gives 0. Where that fails, ends with exit status 1; if nobody reads the pipe, by
// SIGPIPE, also in a program that ignores it. A stdout that takes no bytes at all (>&-) is no error.
static inline int flush_stdout(void)
{
    if ((fflush(stdout) == 0 && !ferror(stdout)) || errno == EBADF)
        return 0;
    if (errno == EPIPE) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
    perror("stdout fail");
    _exit(1);
}

/* ---- Arguments ---- */

// What the command line said.
struct args {
    const char *ip;     // IP, as it was typed; NULL if none was given
    const char *name;   // NAME, a host's; NULL if the program takes none
    int port;           // PORT in host byte order; 0 if none was given
    int verbose;        // was there a -v?
    const char *usage;  // the usage line, for wrong_usage
};

// Says whether the text can be a host's name: letters, digits, hyphens and dots (RFC 952, RFC 1123), or the underscore
// that many a /etc/hosts has.
static inline int is_name(const char *text)
{
    const char *s = text;
    while (isalnum((unsigned char)*s) || (*s != '\0' && strchr("-._", *s)))
        s++;
    return s > text && *s == '\0' && *text != '-';
}

// Gives the port that the text names, or 0 if it names none.
static inline int parse_port(const char *text)
{
    long number = 0;
    if (text[strspn(text, "0123456789")] == '\0')
        number = strtol(text, NULL, 10);
    return number <= 65535 ? (int)number : 0;
}

// Reads the command line as the usage line tells it: "tcp_echoserv [-v] [PORT=7]". Words in brackets may be left out.
// Ends with the usage line for everything else.
static inline struct args parse_args(int argc, char *argv[], const char *usage)
{
    struct args args = {.usage = usage};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
            printf("usage: %s\n", usage);
            exit(flush_stdout());
        }
    }

    const char *word = usage + strcspn(usage, " ");
    if (strncmp(word, " [-v]", 5) == 0)
        word += 5;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0 && strstr(usage, "[-v]")) {
            args.verbose = 1;
            continue;
        }
        word += strspn(word, " [");
        if (strncmp(word, "IP", 2) == 0 && argv[i][0] != '\0')
            args.ip = argv[i];
        else if (strncmp(word, "NAME", 4) == 0 && is_name(argv[i]))
            args.name = argv[i];
        else if (strncmp(word, "PORT", 4) == 0 && parse_port(argv[i]))
            args.port = parse_port(argv[i]);
        else
            wrong_usage(usage);
        word += strcspn(word, " ");
    }
    if (word[0] == ' ' && word[1] != '[')
        wrong_usage(usage);
    return args;
}

// Gives the port that was given. If none was, the well-known one in the practice network, or where the kernel lets everybody
// bind it (ip(7)); elsewhere 10000 more, to servers and clients of every user alike, so that they meet (slide 6).
static inline int port_or_well_known(int port, int well_known)
{
    if (port != 0)
        return port;
    int first = 0; // that everybody may bind
    if (getenv("PRACTICE_NETWORK") == NULL) {
        FILE *kernel = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "r");
        if (kernel == NULL || fscanf(kernel, "%d", &first) != 1)
            first = 1024;
        if (kernel != NULL)
            fclose(kernel);
    }
    if (well_known >= first)
        return well_known;
    fprintf(stderr, "%d번 포트에 bind하려면 권한이 필요하므로(연결할 때는 필요 없음) 서버와 클라이언트 모두 %d번을 사용합니다.\n", well_known, 10000 + well_known);
    return 10000 + well_known;
}

/* ---- Input and output ---- */

// Gives a socket address as people write it, "127.0.0.1:7", until the next call.
static inline const char *sock_ntop(const struct sockaddr_in *addr)
{
    static char text[INET_ADDRSTRLEN + sizeof(":65535")];
    inet_ntop(AF_INET, &addr->sin_addr, text, sizeof(text));
    sprintf(text + strlen(text), ":%d", ntohs(addr->sin_port));
    return text;
}

// Writes all n bytes: write(2) may take less than it is given. Gives n, or -1 and errno.
static inline ssize_t writen(int fd, const char *buf, size_t n)
{
    size_t written = 0;
    while (written < n) {
        ssize_t w = write(fd, buf + written, n - written);
        if (w < 0)
            return -1;
        written += w;
    }
    return n;
}

// Reads one line from stdin, with its newline, as fgets(3) does, but of any bytes and not ended by a NUL. Gives its length;
// 0 at the end of input. Ends with an error if it is longer than size.
static inline size_t get_line(char *buf, size_t size)
{
    size_t n = 0;
    int c;
    while ((n == 0 || buf[n - 1] != '\n') && (c = getchar()) != EOF) {
        if (n == size) {
            fprintf(stderr, "한 줄은 %zu바이트까지입니다(MAXLINE). 아무것도 보내지 않았습니다.\n", size);
            exit(1);
        }
        buf[n++] = c;
    }
    if (ferror(stdin))
        fail("stdin fail");
    return n;
}

// Waits a tenth of a second: descriptors or memory have run out, and to ask again at once would only fill the screen.
static inline void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
}

#endif
