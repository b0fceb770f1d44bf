/*
 * Makes the system calls that the decoder knows, each way that it may go, the same in every run: tests/decode.rs compares
 * what strace and the decoder say of them. Called with an argument it ends at once: that is what it execs.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define BAD ((void *)8) // points nowhere

static struct sockaddr_in in(const char *ip, int port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, ip, &sa.sin_addr);
    return sa;
}

static void sockets(void)
{
    socket(AF_INET, SOCK_STREAM, IPPROTO_UDP);
    socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    close(3);
    socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    close(3);
    socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    close(3);
    socket(AF_UNIX, SOCK_SEQPACKET, 0);
    close(3);
    socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    struct sockaddr_nl nl = {.nl_family = AF_NETLINK, .nl_groups = 1};
    bind(3, (void *)&nl, sizeof nl);
    close(3);
    socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    close(3);
    socket(99, 77, 88);
    socket(AF_INET, SOCK_RAW, 253);
    close(3);
    socket(AF_INET, 0, 0);

    int sv[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
    close(3);
    close(4);
    socketpair(AF_UNIX, SOCK_STREAM, 0, BAD);
    socketpair(AF_INET, SOCK_STREAM, 0, sv);

    int l = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in sa = in("127.0.0.1", 0), peer;
    bind(l, (void *)&sa, 3);
    bind(l, (void *)&sa, 12);
    bind(l, NULL, 16);
    bind(l, BAD, 16);
    bind(l, (void *)&sa, 1);
    bind(l, (void *)&sa, 0);
    bind(l, (void *)&sa, -1);
    socklen_t len = 4;
    getsockname(l, (void *)&peer, &len);
    bind(l, (void *)&sa, sizeof sa);
    listen(l, 5);
    listen(99, -1);
    len = 100;
    getsockname(l, (void *)&sa, &len);
    getsockname(l, (void *)&sa, &len);
    len = 1;
    getsockname(l, (void *)&peer, &len);
    len = 0;
    getsockname(l, (void *)&peer, &len);
    getsockname(l, (void *)&peer, NULL);
    getsockname(l, (void *)&peer, BAD);
    len = sizeof peer;
    getsockname(l, NULL, &len);
    getsockname(l, BAD, &len);
    getpeername(l, (void *)&peer, &len);
    accept4(l, NULL, NULL, SOCK_NONBLOCK | 4);
    fcntl(l, F_SETFL, O_RDWR | O_NONBLOCK);
    accept(l, (void *)&peer, &len);
    accept(l, NULL, NULL);
    fcntl(l, F_SETFL, 0);

    int c = socket(AF_INET, SOCK_STREAM, 0), d;
    connect(c, (void *)&sa, sizeof sa);
    len = 128;
    char address[128];
    d = accept(l, (void *)address, &len);
    connect(c, (void *)&sa, sizeof sa);
    close(d);
    close(c);
    c = socket(AF_INET, SOCK_STREAM, 0);
    connect(c, (void *)&sa, sizeof sa);
    d = accept4(l, (void *)address, &len, SOCK_CLOEXEC);
    len = 128;
    getpeername(d, (void *)address, &len);
    close(d);
    close(c);
    c = socket(AF_INET, SOCK_STREAM, 0);
    connect(c, (void *)&sa, sizeof sa);
    d = accept4(l, NULL, NULL, 0);

    char buf[64], more[4];
    struct iovec iov[3] = {{"ab\n", 3}, {"", 0}, {"c\td\r\v\f\"\\\0\1\0017\0019\377", 15}}, into[2] = {{buf, 5}, {more, 4}};
    write(c, "abc\n", 4);
    write(c, NULL, 0);
    write(c, "x", 0);
    write(99, "x", 1);
    write(c, BAD, 7);
    writev(c, iov, 3);
    writev(c, iov, 0);
    writev(c, BAD, 2);
    writev(c, NULL, 2);
    recv(d, buf, 22, MSG_PEEK | MSG_WAITALL); // all of it is there
    read(d, buf, 2);
    read(d, buf, 0);
    read(d, BAD, 5);
    read(99, buf, 5);
    readv(d, into, 2);
    readv(99, into, 2);
    readv(d, NULL, 2);
    recv(d, buf, sizeof buf, MSG_PEEK | MSG_DONTWAIT);
    recv(d, buf, sizeof buf, 0);
    recv(d, buf, sizeof buf, MSG_DONTWAIT);
    send(c, "oob", 3, MSG_OOB | MSG_NOSIGNAL | MSG_DONTROUTE);
    send(c, "x", 1, MSG_MORE);
    send(c, "x", 1, 0x2000000);
    recv(d, buf, 2, MSG_PEEK | MSG_WAITALL);
    recv(d, buf, sizeof buf, MSG_WAITALL | MSG_DONTWAIT | MSG_TRUNC);
    recv(d, buf, 1, MSG_PEEK | MSG_WAITALL);
    ioctl(d, FIONREAD, &one);
    ioctl(d, FIONREAD, BAD);
    one = 1;
    ioctl(d, FIONBIO, &one);
    read(d, buf, 1);
    one = 0;
    ioctl(d, FIONBIO, &one);
    read(d, buf, 1);
    shutdown(c, SHUT_WR);
    read(d, buf, 1);
    shutdown(d, SHUT_RD);
    shutdown(c, SHUT_RDWR);
    shutdown(c, 9);
    close(c);
    close(d);
    close(l);
    close(99);
    close(-1);

    sa.sin_port = htons(1);
    c = socket(AF_INET, SOCK_STREAM, 0);
    connect(c, (void *)&sa, sizeof sa);
    sa.sin_family = AF_UNSPEC;
    connect(c, (void *)&sa, sizeof sa);
    connect(c, (void *)&sa, 2);
    sa.sin_family = 300;
    connect(c, (void *)&sa, 8);
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(1), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    connect(c, (void *)&six, sizeof six);
    six.sin6_flowinfo = htonl(5);
    inet_pton(AF_INET6, "2001:db8::ffff:0:5", &six.sin6_addr);
    six.sin6_scope_id = 999;
    connect(c, (void *)&six, sizeof six);
    connect(c, (void *)&six, 24);
    connect(c, (void *)&six, 20);
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/no/where"};
    connect(c, (void *)&un, sizeof un);
    connect(c, (void *)&un, 2);
    connect(c, (void *)&un, 2 + 4);
    strcpy(un.sun_path + 1, "bstract\n");
    un.sun_path[0] = 0;
    connect(c, (void *)&un, 2 + 8);
    connect(c, (void *)&un, 2 + 1);
    close(c);

    c = socket(AF_UNIX, SOCK_DGRAM, 0);
    un.sun_path[0] = 'A';
    len = sizeof un;
    bind(c, (void *)&un, 2);
    shutdown(c, SHUT_RDWR);
    getsockname(9, (void *)&un, &len);
    close(c);
}

static void options(void)
{
    int s = socket(AF_INET, SOCK_STREAM, 0), value = 1;
    struct linger linger = {1, 5};
    struct timeval timeout = {2, 500000};
    setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value);
    setsockopt(s, SOL_SOCKET, SO_BROADCAST, &value, 2);
    setsockopt(s, SOL_SOCKET, SO_RCVBUF, (value = 65536, &value), sizeof value);
    setsockopt(s, SOL_SOCKET, SO_REUSEPORT, NULL, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEPORT, BAD, 4);
    setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, 3);
    setsockopt(s, SOL_SOCKET, 999, &value, sizeof value);
    setsockopt(s, 77, 5, &value, sizeof value);
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (value = 1, &value), sizeof value);
    setsockopt(s, IPPROTO_TCP, TCP_KEEPIDLE, &value, sizeof value);
    setsockopt(s, IPPROTO_TCP, 99, &value, sizeof value);
    setsockopt(s, IPPROTO_IP, IP_TTL, (value = 64, &value), sizeof value);
    setsockopt(s, IPPROTO_IP, IP_TOS, (value = -1, &value), sizeof value);
    setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &value, sizeof value);
    setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
    setsockopt(s, SOL_SOCKET, SO_RCVBUF, &value, 8);
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &timeout, 8);
    setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
    setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, "reno", 5);
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &linger, 8);
    setsockopt(s, IPPROTO_IP, IP_TTL, "r", 1);
    setsockopt(s, IPPROTO_IP, IP_TTL, "r", -1);

    socklen_t len = sizeof value;
    getsockopt(s, SOL_SOCKET, SO_ERROR, &value, &len);
    getsockopt(s, SOL_SOCKET, SO_TYPE, &value, &len);
    getsockopt(s, SOL_SOCKET, SO_ACCEPTCONN, &value, &len);
    getsockopt(s, SOL_SOCKET, SO_PROTOCOL, &value, &len);
    getsockopt(s, SOL_SOCKET, SO_DOMAIN, &value, &len);
    getsockopt(s, IPPROTO_TCP, TCP_MAXSEG, &value, &len);
    getsockopt(s, IPPROTO_IP, IP_TTL, &value, &len);
    len = 2;
    getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &value, &len);
    char big[64];
    len = sizeof big;
    getsockopt(s, SOL_SOCKET, SO_SNDBUF, big, &len);
    len = sizeof big;
    getsockopt(s, SOL_SOCKET, SO_LINGER, big, &len);
    len = 4;
    getsockopt(s, SOL_SOCKET, SO_LINGER, big, &len);
    len = sizeof big;
    getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, big, &len);
    getsockopt(s, SOL_SOCKET, 999, big, &len);
    len = sizeof big;
    getsockopt(s, IPPROTO_TCP, TCP_CONGESTION, big, &len);
    len = 8;
    getsockopt(s, IPPROTO_TCP, TCP_INFO, big, &len);
    len = 0;
    getsockopt(s, SOL_SOCKET, SO_ERROR, big, &len);
    len = 3;
    getsockopt(s, SOL_SOCKET, SO_ERROR, big, &len);
    len = sizeof big;
    getsockopt(s, SOL_SOCKET, SO_PEERCRED, big, &len);
    getsockopt(s, 99, 98, big, &len);
    len = 16;
    getsockopt(s, SOL_SOCKET, SO_ERROR, big, NULL);
    getsockopt(s, SOL_SOCKET, SO_ERROR, NULL, &len);
    getsockopt(99, SOL_SOCKET, SO_ERROR, &value, &len);
    len = sizeof value;
    int u = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in sa = in("127.0.0.1", 1);
    connect(u, (void *)&sa, sizeof sa);
    send(u, "x", 1, 0);
    poll(&(struct pollfd){u, POLLIN, 0}, 1, -1);
    getsockopt(u, SOL_SOCKET, SO_ERROR, &value, &len);
    close(u);
    close(s);
}

static void datagrams(void)
{
    int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in sa = in("127.0.0.1", 0), from;
    socklen_t len = sizeof sa;
    bind(a, (void *)&sa, sizeof sa);
    getsockname(a, (void *)&sa, &len);
    sendto(b, "hello", 5, 0, (void *)&sa, sizeof sa);
    sendto(b, "", 0, 0, (void *)&sa, sizeof sa);
    sendto(b, "hello again", 11, 0, (void *)&sa, sizeof sa);
    sendto(b, "none", 4, 0, NULL, 0);
    char buf[32], name[128], control[64];
    recvfrom(a, buf, sizeof buf, 0, (void *)&from, &len);
    len = 128;
    recvfrom(a, buf, sizeof buf, 0, (void *)name, &len);
    recvfrom(a, buf, 5, MSG_TRUNC, NULL, NULL);
    recvfrom(a, buf, 5, MSG_DONTWAIT, (void *)name, &len);
    recvfrom(a, buf, 5, MSG_DONTWAIT, NULL, &len);
    recvfrom(a, buf, 5, MSG_DONTWAIT, (void *)name, NULL);
    recvfrom(a, NULL, 0, MSG_DONTWAIT, BAD, BAD);
    sendto(b, "x", 1, 0, (void *)&sa, sizeof sa);
    recvfrom(a, buf, 5, 0, BAD, &len);

    struct iovec iov[2] = {{"ab", 2}, {"cde", 3}}, into[2] = {{buf, 3}, {buf + 8, 10}};
    struct msghdr out = {.msg_name = &sa, .msg_namelen = sizeof sa, .msg_iov = iov, .msg_iovlen = 2};
    struct msghdr msg = {.msg_name = name, .msg_namelen = sizeof name, .msg_iov = into, .msg_iovlen = 2};
    sendmsg(b, &out, 0);
    sendmsg(b, &out, MSG_NOSIGNAL);
    sendmsg(b, &out, 0);
    out.msg_name = NULL;
    out.msg_namelen = 0;
    out.msg_flags = MSG_EOR;
    sendmsg(b, &out, MSG_NOSIGNAL);
    sendmsg(b, NULL, 0);
    sendmsg(b, BAD, 0);
    recvmsg(a, &msg, 0);
    recvmsg(a, &msg, MSG_DONTWAIT);
    msg.msg_iovlen = 1;
    msg.msg_name = NULL;
    msg.msg_namelen = 0;
    recvmsg(a, &msg, 0);
    recvmsg(a, &msg, MSG_DONTWAIT);
    recvmsg(a, NULL, 0);

    int on = 1;
    setsockopt(a, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    msg.msg_control = control;
    sendto(b, "x", 1, 0, (void *)&sa, sizeof sa);
    msg.msg_controllen = 3;
    recvmsg(a, &msg, MSG_CMSG_CLOEXEC);
    msg.msg_name = BAD;
    msg.msg_namelen = 5;
    recvmsg(a, &msg, MSG_DONTWAIT);
    msg.msg_iov = BAD;
    recvmsg(a, &msg, MSG_DONTWAIT);
    sendmsg(a, &msg, MSG_DONTWAIT);

    out = (struct msghdr){.msg_name = &sa, .msg_namelen = sizeof sa, .msg_iov = iov, .msg_iovlen = 2};
    struct mmsghdr many[2] = {{.msg_hdr = out}, {.msg_hdr = out}};
    sendmmsg(b, many, 2, MSG_NOSIGNAL);
    sendmmsg(99, many, 2, 0);
    close(a);
    close(b);

    int sv[2];
    socketpair(AF_UNIX, SOCK_DGRAM, 0, sv);
    send(sv[0], "x", 1, 0);
    len = sizeof name;
    recvfrom(sv[1], buf, 8, 0, (void *)name, &len);
    struct iovec one = {"r", 1};
    struct cmsghdr *cmsg = (void *)control;
    *cmsg = (struct cmsghdr){.cmsg_len = CMSG_LEN(8), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(cmsg), (int[]){1, 2}, 8);
    out = (struct msghdr){.msg_iov = &one, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(8)};
    sendmsg(sv[0], &out, 0);
    out.msg_controllen = 5;
    sendmsg(sv[0], &out, 0);
    out.msg_controllen = 20;
    cmsg->cmsg_len = 99;
    cmsg->cmsg_type = 77;
    sendmsg(sv[0], &out, 0);
    msg = (struct msghdr){.msg_iov = &one, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    one.iov_base = buf;
    recvmsg(sv[1], &msg, 0);
    close(sv[0]);
    close(sv[1]);
}

static void descriptors(void)
{
    int p[2];
    pipe(p);
    pipe2(p, O_CLOEXEC | O_NONBLOCK);
    pipe2(BAD, 0);
    dup(3);
    dup2(3, 20);
    dup2(99, 20);
    dup3(3, 21, O_CLOEXEC);
    dup3(3, 22, 0);
    fcntl(3, F_GETFL);
    fcntl(p[0], F_GETFL);
    fcntl(p[0], F_GETFD);
    fcntl(3, F_GETFD);
    fcntl(3, F_SETFD, FD_CLOEXEC);
    fcntl(3, F_SETFL, O_RDONLY | O_NONBLOCK);
    fcntl(99, F_GETFL);
    fcntl(3, F_DUPFD, 30);
    fcntl(3, F_DUPFD_CLOEXEC, 31);
    fcntl(3, F_SETOWN, 0);
    fcntl(3, 999, 5);
    struct flock lock = {.l_type = F_WRLCK, .l_start = 5, .l_len = 10};
    fcntl(3, F_SETLK, &lock);
    fcntl(3, F_GETLK, &lock);
    fcntl(3, F_GETPIPE_SZ);
    for (int i = 3; i < 40; i++)
        if (fcntl(i, F_GETFD) >= 0)
            close(i);

    char name[] = "calls.tmp", buf[40];
    int f = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
    openat(AT_FDCWD, "/no/where", O_RDONLY | O_CLOEXEC);
    openat(f, "x", O_WRONLY | O_APPEND | O_EXCL | O_CREAT, 04755);
    openat(AT_FDCWD, BAD, O_RDONLY | O_DIRECTORY);
    openat(AT_FDCWD, NULL, 3);
    openat(AT_FDCWD, "\"quoted\" 가\n", O_PATH | O_NOFOLLOW);
    write(f, "hello\n", 6);
    lseek(f, 0, SEEK_SET);
    lseek(f, -2, SEEK_CUR);
    lseek(f, -2, SEEK_END);
    lseek(f, 0, 9);
    pread(f, buf, 3, 1);
    pwrite(f, "J", 1, 0);
    struct stat st;
    fstat(f, &st);
    stat(name, &st);
    lstat("/dev/null", &st);
    stat("/no/where", &st);
    fstatat(AT_FDCWD, "/", &st, AT_SYMLINK_NOFOLLOW);
    fstat(99, &st);
    fstat(f, BAD);
#ifdef SYS_stat
    syscall(SYS_stat, "/", &st);
    syscall(SYS_lstat, "/x", &st);
    syscall(SYS_open, "/x", O_RDONLY, 0);
#endif
#ifdef SYS_fstat
    syscall(SYS_fstat, f, &st);
#endif
    access("/etc/passwd", R_OK | W_OK);
    access("/x", F_OK);
    faccessat(AT_FDCWD, "/x", R_OK, 0);
    readlink("/proc/self/cwd", buf, 0);
    readlink("/dev/stdin/x", buf, sizeof buf);
    getcwd(buf, 1);
    unlink(name);
    ioctl(f, FIONREAD, &(int){0});
    ioctl(f, TCGETS, BAD);
    struct winsize size = {24, 80, 0, 0};
    ioctl(f, TIOCGWINSZ, &size);
    ioctl(f, FIONBIO, BAD);
    ioctl(f, 0x1234, 5);
    ioctl(f, FIOCLEX);
    int tty, pty;
    if (openpty(&pty, &tty, NULL, NULL, &size) == 0) {
        struct termios t;
        ioctl(tty, TCGETS, &t);
        ioctl(tty, TIOCGWINSZ, &size);
        fstat(tty, &st);
        close(tty);
        close(pty);
    }
    close(f);
}

static void waiting(void)
{
    int p[2];
    pipe(p);
    struct pollfd fds[3] = {{p[0], POLLIN, 0}, {p[1], POLLOUT | POLLIN | POLLPRI, 0}, {-1, 0, 0}};
    poll(fds, 1, 0);
    poll(fds, 3, -1);
    poll(fds, 0, 0);
    poll(NULL, 0, 1);
    poll(BAD, 2, 0);
    poll(NULL, 2, 0);
    write(p[1], "x", 1);
    poll(fds, 3, 1000);
    poll((struct pollfd[]){{77, POLLIN | POLLRDHUP | 0x8000, 0}}, 1, 5);
    struct timespec ts = {0, 5};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGRTMIN + 3);
    ppoll(fds, 1, &ts, &set);
    fds[0].events = POLLPRI;
    ppoll(fds, 1, &ts, NULL);
    ppoll(fds + 1, 1, NULL, NULL);

    fd_set r, w;
    FD_ZERO(&r);
    FD_ZERO(&w);
    FD_SET(p[0], &r);
    FD_SET(0, &w);
    FD_SET(p[1], &w);
    struct timeval tv = {1, 5};
    select(p[1] + 1, &r, &w, NULL, &tv);
    select(0, NULL, NULL, NULL, &(struct timeval){0, 5});
    select(2, NULL, NULL, &r, &(struct timeval){0, 0});
    select(-1, NULL, NULL, NULL, NULL);
    select(-1, &r, NULL, NULL, NULL);
    pselect(p[0] + 1, &r, NULL, NULL, &ts, &set);
    FD_SET(70, &r);
    pselect(71, &r, BAD, NULL, &ts, NULL);
#ifdef SYS_select
    FD_ZERO(&r);
    FD_SET(p[0], &r);
    FD_SET(p[1], &r);
    FD_SET(p[1], &w);
    tv = (struct timeval){1, 5};
    syscall(SYS_select, p[1] + 1, &r, NULL, NULL, NULL);
    syscall(SYS_select, p[1] + 1, &r, &w, NULL, &tv);
    syscall(SYS_select, p[0] + 1, NULL, NULL, &r, &(struct timeval){0, 0});
    syscall(SYS_select, 0, NULL, NULL, NULL, BAD);
    syscall(SYS_select, 0, NULL, NULL, NULL, &(struct timeval){0, 0});
    syscall(SYS_select, 99, &w, NULL, NULL, &(struct timeval){0, 0});
#endif

    int e = epoll_create1(EPOLL_CLOEXEC);
    epoll_create1(0);
    struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET | EPOLLONESHOT, .data.fd = p[0]}, evs[4];
    epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev);
    ev.events = EPOLLIN;
    ev.data.u64 = 0x123456789;
    epoll_ctl(e, EPOLL_CTL_MOD, p[0], &ev);
    epoll_wait(e, evs, 4, 0);
    epoll_pwait(e, evs, 4, 0, &set);
    epoll_ctl(e, EPOLL_CTL_DEL, p[0], NULL);
    epoll_ctl(e, EPOLL_CTL_DEL, p[0], &ev);
    epoll_ctl(e, 9, p[0], BAD);
    epoll_wait(e, evs, 4, 0);
    epoll_wait(99, evs, 4, -1);
    eventfd(5, EFD_CLOEXEC | EFD_NONBLOCK);

    nanosleep(&(struct timespec){0, 1000}, NULL);
    nanosleep(&(struct timespec){0, 1000}, &ts);
    nanosleep(&(struct timespec){0, -1}, &ts);
    nanosleep(BAD, &ts);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &(struct timespec){0, 1000}, &ts);
    clock_nanosleep(CLOCK_REALTIME, 0, &(struct timespec){0, 1000}, NULL);
    syscall(SYS_futex, p, FUTEX_WAKE_PRIVATE, 1);
    syscall(SYS_futex, p, FUTEX_WAIT_PRIVATE, 77, NULL);
    syscall(SYS_futex, p, FUTEX_WAIT, 77, &ts);
    syscall(SYS_futex, p, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 77, NULL, NULL, FUTEX_BITSET_MATCH_ANY);
    for (int i = 3; i < 12; i++)
        close(i);
}

static void handle(int signal)
{
    (void)signal;
}

static void *handle_info = handle;

static void signals(void)
{
    struct sigaction old, act = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &act, NULL);
    sigaction(SIGPIPE, NULL, &old);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGCHLD, handle);
    act.sa_sigaction = (void (*)(int, siginfo_t *, void *))handle_info;
    act.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESETHAND | SA_NOCLDSTOP;
    sigaddset(&act.sa_mask, SIGINT);
    sigaddset(&act.sa_mask, SIGALRM);
    sigaction(SIGALRM, &act, &old);
    sigfillset(&act.sa_mask);
    sigaction(SIGUSR1, &act, &old);
    sigaction(SIGRTMIN + 1, &act, &old);
    sigaction(SIGRTMAX, &act, &old);
    sigaction(SIGKILL, &act, &old);
    syscall(SYS_rt_sigaction, 99, BAD, NULL, 8);
    syscall(SYS_rt_sigaction, SIGINT, NULL, BAD, 8);
    syscall(SYS_rt_sigaction, SIGINT, NULL, NULL, 7);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGALRM, handle);
    sigset_t set;
    sigemptyset(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigprocmask(SIG_UNBLOCK, &set, &set);
    sigfillset(&set);
    sigdelset(&set, SIGALRM);
    sigprocmask(SIG_SETMASK, &set, NULL);
    sigprocmask(SIG_SETMASK, NULL, &set);
    sigemptyset(&set);
    for (int i = 1; i <= 20; i++)
        sigaddset(&set, i);
    sigprocmask(SIG_SETMASK, &set, NULL);
    sigemptyset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    syscall(SYS_rt_sigprocmask, 9, BAD, BAD, 8);

    kill(getpid(), 0);
    kill(-99999999, SIGTERM);
    kill(getpid(), 99);
    syscall(SYS_tgkill, getpid(), gettid(), 0);
    syscall(SYS_tkill, gettid(), 0);
    getppid();
    alarm(10000);
    alarm(0);
    struct itimerval once = {.it_value = {1000, 5}}, before;
    setitimer(ITIMER_REAL, &once, NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, &before);
    setitimer(9, NULL, &before);
    getitimer(ITIMER_VIRTUAL, &before);

    // Calls that a signal interrupts which already waits for them.
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigemptyset(&set);
    raise(SIGALRM);
    sigsuspend(&set);
    raise(SIGALRM);
    ppoll(NULL, 0, NULL, &set);
}

static int child(void *arg)
{
    (void)arg;
    _exit(5);
}

static void processes(char *self)
{
    int status;
    siginfo_t info = {0}; // of it, waitid(2) sets no times
    wait(&status);
    waitpid(-1, NULL, WNOHANG);
    pid_t pid = fork();
    if (pid == 0)
        _exit(7);
    waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
    waitpid(pid, &status, 0);
    int p[2];
    pipe(p);
    pid = fork();
    if (pid == 0) {
        close(p[1]);
        read(p[0], &status, 1);
        kill(getpid(), SIGKILL);
    }
    waitpid(pid, &status, WNOHANG | WUNTRACED);
    waitid(P_PID, pid, &info, WNOHANG | WEXITED);
    close(p[0]);
    close(p[1]);
    waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
    struct rusage usage;
    waitid(P_PID, pid, NULL, WEXITED | WNOWAIT);
    wait4(-1, &status, __WALL, NULL);
    wait4(-1, BAD, 0, &usage);
    waitid(P_ALL, 0, &info, WNOHANG | WEXITED | WSTOPPED);
    pid = vfork();
    if (pid == 0) {
        execve("/no/where", (char *[]){"a", "b\n", NULL}, (char *[]){"A=1", NULL});
        execve("/no/where", NULL, BAD);
        execve(self, (char *[]){self, "x", NULL}, (char *[]){"A=1", "B=2", NULL});
        _exit(1);
    }
    waitpid(pid, &status, 0);
#ifdef SYS_vfork
    pid = syscall(SYS_fork);
    if (pid == 0)
        syscall(SYS_exit, 3);
    waitpid(pid, NULL, 0);
#endif
    static _Alignas(16) char stack[65536];
    static int tid;
    pid = clone(child, stack + sizeof stack, CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, NULL);
    waitpid(pid, &status, 0);
    pid = clone(child, stack + sizeof stack, CLONE_PARENT_SETTID | SIGCHLD, NULL, &tid);
    waitpid(pid, &status, 0);
    struct clone_args args = {.flags = CLONE_PARENT_SETTID, .exit_signal = SIGCHLD, .parent_tid = (unsigned long)&tid};
    pid = syscall(SYS_clone3, &args, sizeof args);
    if (pid == 0)
        _exit(0);
    waitpid(pid, &status, 0);
    args.flags = 0;
    args.exit_signal = 0;
    pid = syscall(SYS_clone3, &args, 64);
    if (pid == 0)
        _exit(0);
    waitpid(pid, &status, __WCLONE);
    args.flags = CLONE_VM | CLONE_SETTLS;
    args.tls = 5;
    args.stack = 7;
    syscall(SYS_clone3, &args, sizeof args);
    syscall(SYS_clone3, &args, 3);
    syscall(SYS_clone3, NULL, 64);
    syscall(SYS_clone, CLONE_THREAD, NULL, NULL, NULL, NULL);
}

static _Alignas(16) char stat_area[256];

static void others(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit = (struct rlimit){1024, 4096};
    setrlimit(RLIMIT_NOFILE, &limit);
    prlimit(0, RLIMIT_CORE, &(struct rlimit){0, RLIM_INFINITY}, &limit);
    prlimit(0, 99, BAD, NULL);
    syscall(SYS_getrlimit, RLIMIT_STACK, &limit);
    syscall(SYS_setrlimit, RLIMIT_STACK, &limit);
    struct utsname name;
    uname(&name);
    uname(BAD);
    char buf[8];
    getrandom(buf, sizeof buf, GRND_NONBLOCK);
    getrandom(buf, 0, GRND_RANDOM);
    getrandom(BAD, 4, 77);
    syscall(SYS_brk, 0);
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(page + 4096, 4096, PROT_NONE);
    mprotect(page, 5, PROT_READ | 0x80);
    memset(page, 'a', 4096);
    write(99, page + 4090, 6);
    write(99, page + 4090, 7); // its last byte is not there
    access(page + 4090, R_OK); // it has no end
    bind(99, (void *)(page + 4090), 16);
    write(99, page, (size_t)-1);
    write(99, page, 4096);
    munmap(page, 8192);
    mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_STACK, 77, 0x1000);
    madvise(page, 0, MADV_DONTNEED);
    sched_yield();
    setsid();
    umask(022);
    getuid();
    syscall(SYS_nanosleep, &(struct timespec){0, 5}, NULL);
    // Nobody else writes there meanwhile.
    mkdir("sticky", 0);
    chmod("sticky", 01777);
    stat("sticky", (void *)stat_area);
    rmdir("sticky");
    chdir("/");
    syscall(SYS_getcwd, stat_area, sizeof stat_area);
    readlink("/proc/self/cwd", stat_area, sizeof stat_area);
    syscall(SYS_getpid);
    syscall(0x3fe, 0, 2, 3, 4, 5, 0xfffffff0);
    syscall(0x3ff, 1, 2, 3, 4, 5, 6);
    _exit(300);
}

int main(int argc, char *argv[])
{
    if (argc > 1)
        return 0;
    syscall(SYS_getppid); // from here on
    sockets();
    options();
    datagrams();
    descriptors();
    waiting();
    signals();
    processes(argv[0]);
    others();
}
