/*
 * What every lecture program shares and no slide is about: errors with a word of help, arguments and default
 * ports, a sockaddr_in as text, two loops. The Rust files have the same, under the same names, in src/lib.rs.
 */
#ifndef SOCKCOMMON_H
#define SOCKCOMMON_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAXLINE 65536     // bytes in a buffer for one line or one datagram; the largest datagram has 65507
#define ANSWER_TIMEOUT 5  // seconds that a client waits for a datagram before it gives up

/* ---- Errors ---- */

// What to do about an error, as one more line; empty where perror says enough.
static inline const char *hint(const char *what, int error)
{
    if (error == EACCES && strcmp(what, "bind fail") == 0)
        return "1023번 이하의 포트는 root만 쓸 수 있습니다. 1024번 이상의 포트를 인자로 주거나 scripts/lab 안에서 실행하세요.\n";
    if (error == EADDRINUSE)
        return "다른 서버가 이 포트를 쓰고 있거나, 방금 끝난 연결이 TIME_WAIT에 남아 있습니다. 1분쯤 기다리거나 다른 포트를 인자로 주세요.\n";
    if (error == ECONNREFUSED)
        return "그 포트에는 서버가 없습니다. 다른 터미널에서 먼저 서버를 실행하세요: cargo run -p tcp_echoserv (또는 udp_echoserv, daytimeserv)\n";
    if (error == EAGAIN && (strcmp(what, "recv fail") == 0 || strcmp(what, "recvfrom fail") == 0))
        return "5초 동안 응답이 없었습니다. IP 주소와 포트를 확인하고, 서버가 실행 중인지 보세요.\n";
    if (error == EMSGSIZE)
        return "데이터그램 하나에는 65507바이트까지만 담을 수 있습니다. 더 짧은 줄을 입력하세요.\n";
    return "";
}

// What perror(what) prints, what to do about it, and exit status 1.
_Noreturn static inline void fail(const char *what)
{
    int error = errno;
    perror(what);
    fputs(hint(what, error), stderr);
    exit(1);
}

// The usage line and exit status 2.
_Noreturn static inline void wrong_usage(const char *usage)
{
    fprintf(stderr, "usage: %s\n", usage);
    exit(2);
}

// Writes what printf has kept back. What can't be written is an error, at exit too.
static inline void flush_stdout(void)
{
    if (fflush(stdout) == EOF || ferror(stdout)) {
        perror("stdout fail");
        _exit(1);
    }
}

/* ---- Arguments ---- */

// What the command line said.
struct args {
    const char *ip;    // IP: an address that inet_pton takes; NULL if none was given
    const char *name;  // NAME: a host's name; NULL if the program takes none
    int port;          // PORT in host byte order, or the default; 0 if the program takes none
    int verbose;       // was there a -v?
};

static inline int is_ip(const char *text)
{
    struct in_addr addr;
    return inet_pton(AF_INET, text, &addr) == 1;
}

// Host names are printable ASCII and don't start with a hyphen (RFC 952, RFC 1123).
static inline int is_name(const char *text)
{
    const char *s = text;
    while (*s > ' ' && *s <= '~')
        s++;
    return s > text && *s == '\0' && *text != '-';
}

// A port, or 0 if the text is none.
static inline int port(const char *text)
{
    long number = 0;
    if (text[strspn(text, "0123456789")] == '\0')
        number = strtol(text, NULL, 10);
    return number <= 65535 ? (int)number : 0;
}

// Asks the kernel. An IPv6-only socket gets the same answer and takes the port from no IPv4 server.
static inline int may_bind(int port)
{
    int s = socket(PF_INET6, SOCK_DGRAM, 0);
    if (s < 0)
        return geteuid() == 0;
    struct sockaddr_in6 addr = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    int on = 1;
    int may = setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0
        && (bind(s, (struct sockaddr *)&addr, sizeof(addr)) == 0 || errno != EACCES);
    close(s);
    return may;
}

// The well-known port, or 10000 more with a word on stderr where this user may not bind it (slide 6).
static inline int default_port(int well_known)
{
    if (may_bind(well_known))
        return well_known;
    fprintf(stderr, "%d번 포트는 root만 쓸 수 있으므로 %d번을 씁니다.\n", well_known, 10000 + well_known);
    return 10000 + well_known;
}

// Reads the command line as the usage line tells it: "tcp_echoserv [-v] [PORT=7]". Words in brackets may be left
// out; 7 is then the port, or 10007 where this user may not bind 7. Ends with the usage line for everything else.
static inline struct args parse_args(int argc, char *argv[], const char *usage)
{
    struct args args = {0};
    atexit(flush_stdout);
    // 0, 1 and 2 are taken (slide 4): no socket of ours may become stdin. Rust's runtime sees to that too.
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", O_RDWR);

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
            printf("usage: %s\n", usage);
            exit(0);
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
        if (strncmp(word, "IP", 2) == 0 && is_ip(argv[i]))
            args.ip = argv[i];
        else if (strncmp(word, "NAME", 4) == 0 && is_name(argv[i]))
            args.name = argv[i];
        else if (strncmp(word, "PORT", 4) == 0 && port(argv[i]))
            args.port = port(argv[i]);
        else
            wrong_usage(usage);
        word += strcspn(word, " ");
    }

    if (strncmp(word, " [PORT=", 7) == 0)
        args.port = default_port(atoi(word + 7));
    else if (word[0] == ' ' && word[1] != '[')
        wrong_usage(usage);
    return args;
}

/* ---- Input and output ---- */

// A socket address as people write it, "127.0.0.1:7", until the next call.
static inline const char *sock_ntop(const struct sockaddr_in *addr)
{
    static char text[INET_ADDRSTRLEN + sizeof(":65535")];
    inet_ntop(AF_INET, &addr->sin_addr, text, sizeof(text));
    sprintf(text + strlen(text), ":%d", ntohs(addr->sin_port));
    return text;
}

// Writes all n bytes: write(2) may take less than it is given. Gives n, or -1 and errno.
static inline ssize_t writen(int fd, const char *buf, ssize_t n)
{
    ssize_t written = 0;
    while (written < n) {
        ssize_t w = write(fd, buf + written, n - written);
        if (w < 0)
            return -1;
        written += w;
    }
    return written;
}

// After fgets gave NULL: the end of input is no error.
_Noreturn static inline void end_of_input(void)
{
    if (ferror(stdin))
        fail("fgets fail");
    exit(0);
}

// Bytes in the line that fgets has just read into buf. Ends with an error if it is longer than buf, or has a NUL before
// its newline.
static inline size_t line_length(const char *buf, size_t size)
{
    size_t n = strlen(buf);
    if ((n > 0 && buf[n - 1] == '\n') || feof(stdin) || (n == size - 1 && getc(stdin) == EOF))
        return n;
    fprintf(stderr, "fgets fail: 한 줄은 NUL 없이 %zu바이트까지입니다(MAXLINE %zu). 아무것도 보내지 않았습니다.\n", size - 1, size);
    exit(1);
}

#endif
