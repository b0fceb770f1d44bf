/* Knocks at every wall. Says how many it tried, and which were open. */
#include "hostile.h"
#include <linux/capability.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <time.h>

static int tried;
static char open_walls[4096];

static void knock(const char *wall, int is_open)
{
    tried++;
    if (is_open) {
        strcat(open_walls, " ");
        strcat(open_walls, wall);
    }
}

#define CALL(name, ...) knock(#name, syscall(SYS_##name, __VA_ARGS__) >= 0)

/* A lock of an open file, of which the kernel says nobody whose it is. */
static int locks_unseen(void)
{
    struct flock lock = {.l_type = F_RDLCK, .l_len = 1};
    int fd = open("/etc/passwd", O_RDONLY);
    int locked = fcntl(fd, F_OFD_SETLK, &lock) == 0;

    close(fd);
    return locked;
}

/* Capabilities that it has, or that a program could give it. */
static int capable(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0, 0, 0}, {0, 0, 0}};
    int some = syscall(SYS_capget, &header, data) < 0;

    for (int i = 0; i < 2; i++)
        some |= data[i].effective || data[i].permitted || data[i].inheritable;
    for (int i = 0; i < 64; i++)
        some |= prctl(PR_CAPBSET_READ, i, 0, 0, 0) > 0;
    return some;
}

static int connects(int domain, const char *ip, int port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
    int s = socket(domain, SOCK_STREAM | SOCK_NONBLOCK, 0);
    inet_pton(AF_INET, ip, &addr.sin_addr);
    if (connect(s, (struct sockaddr *)&addr, sizeof(addr)) == 0 || errno == EINPROGRESS)
        return 1;
    return 0;
}

/* A connection that begins with data: not with connect. The answer to what can't be reached is at once, or never. */
static int fast_open(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    errno = 0;
    return sendto(s, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&addr, sizeof(addr)) >= 0 || errno != ENOSYS;
}

static int fast_open_msg(int many)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct iovec iov = {"x", 1};
    struct mmsghdr msg = {.msg_hdr = {&addr, sizeof(addr), &iov, 1, NULL, 0, 0}};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    errno = 0;
    return (many ? sendmmsg(s, &msg, 1, MSG_FASTOPEN) : sendmsg(s, &msg.msg_hdr, MSG_FASTOPEN)) >= 0 || errno != ENOSYS;
}

/* How many of its kind a process of this user may have. */
static int timers(void)
{
    timer_t timer;
    int n = 0;
    while (n < 5000 && timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0)
        n++;
    return n;
}

static int may(int resource)
{
    struct rlimit limit = {1, 1};
    return getrlimit(resource, &limit) < 0 || limit.rlim_max > 0;
}

/* Takes lo down, over netlink. */
static int netlink(void)
{
    struct { struct nlmsghdr n; struct ifinfomsg i; } down = {{sizeof(down), RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0},
        {.ifi_family = AF_UNSPEC, .ifi_index = 1, .ifi_change = IFF_UP}};
    struct { struct nlmsghdr n; struct nlmsgerr e; char rest[4096]; } answer = {0};
    int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    send(s, &down, sizeof(down), 0);
    return recv(s, &answer, sizeof(answer), MSG_DONTWAIT) > 0 && answer.e.error == 0;
}

int main(int argc, char *argv[])
{
    char buf[100], stack[4096];
    struct iovec iov = {buf, sizeof(buf)};
    struct ifreq lo = {.ifr_name = "lo"};
    struct dirent *entry;
    int pair[2], families = 0;
    pid_t parent = getppid();
    unsigned allow = 0x7fff0000; /* SECCOMP_RET_ALLOW */
    DIR *fds;
    int s;

    (void)argc;
    (void)argv;
    /* what it is */
    knock("root", getuid() == 0 || setuid(0) == 0);
    knock("capabilities", capable());
    knock("new_privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1);
    knock("no_seccomp", prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 2);
    /* others */
    CALL(ptrace, PTRACE_ATTACH, parent, 0, 0);
    CALL(ptrace, PTRACE_ATTACH, 1, 0, 0);
    CALL(process_vm_readv, parent, &iov, 1, &iov, 1, 0);
    CALL(process_vm_writev, parent, &iov, 1, &iov, 1, 0);
    CALL(pidfd_getfd, syscall(SYS_pidfd_open, parent, 0), 1, 0);
    knock("proc_1_environ", open("/proc/1/environ", O_RDONLY) >= 0);
    knock("proc_1_cmdline", open("/proc/1/cmdline", O_RDONLY) >= 0);
    knock("proc_1_root", open("/proc/1/root/etc", O_RDONLY) >= 0);
    snprintf(buf, sizeof(buf), "/proc/%d/mem", parent);
    knock("proc_parent_mem", open(buf, O_RDWR) >= 0);
    knock("oom_score_adj", (s = open("/proc/self/oom_score_adj", O_WRONLY)) >= 0 && write(s, "-1", 2) > 0);
    /* the kernel */
    CALL(unshare, CLONE_NEWUSER);
    CALL(setns, 0, 0);
    CALL(clone3, stack, 64);
    knock("clone_newuser", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) >= 0);
    CALL(mount, "none", "/tmp", "tmpfs", 0, 0);
    CALL(umount2, "/proc", 0);
    CALL(pivot_root, "/tmp", "/tmp");
    CALL(chroot, "/tmp");
    CALL(keyctl, 0, -3, 0, 0, 0);
    CALL(add_key, "user", "x", "y", 1, -3);
    CALL(io_uring_setup, 1, stack);
    CALL(memfd_create, "x", 0);
    CALL(bpf, 0, stack, 0);
    CALL(perf_event_open, stack, 0, -1, -1, 0);
    CALL(userfaultfd, 0);
    CALL(shmget, 1, 4096, 01600);
    CALL(mq_open, "/x", O_CREAT | O_RDWR, 0600, 0);
    CALL(open_by_handle_at, 0, stack, 0);
    CALL(personality, 0x0040000);
    CALL(inotify_init1, 0);
    knock("a lock that nobody sees", locks_unseen());
    knock("many_timers", timers() == 5000);
    knock("rtprio", may(RLIMIT_RTPRIO));
    knock("nice", may(RLIMIT_NICE));
    CALL(reboot, 0, 0, 0, 0);
    CALL(sethostname, "x", 1);
    CALL(landlock_create_ruleset, 0, 0, 1); /* its version */
    CALL(seccomp, 2, 0, &allow); /* SECCOMP_GET_ACTION_AVAIL */
    CALL(clock_settime, 0, stack);
    CALL(swapon, "/tmp/x", 0);
    CALL(init_module, stack, 1, "");
    CALL(kexec_load, 0, 0, 0, 0);
    /* the network */
    knock("raw_socket", socket(AF_INET, SOCK_RAW, IPPROTO_TCP) >= 0);
    knock("packet_socket", socket(AF_PACKET, SOCK_RAW, 0) >= 0);
    knock("packet_dgram", socket(AF_PACKET, SOCK_DGRAM, 0) >= 0);
    knock("vsock", socket(AF_VSOCK, SOCK_STREAM, 0) >= 0);
    knock("alg", socket(AF_ALG, SOCK_SEQPACKET, 0) >= 0);
    knock("mptcp", socket(AF_INET, SOCK_STREAM, 262) >= 0);
    knock("sctp", socket(AF_INET, SOCK_STREAM, 132) >= 0);
    for (int domain = 0; domain < 64; domain++)
        for (int kind = SOCK_STREAM; domain != AF_UNIX && kind <= SOCK_SEQPACKET; kind++) {
            errno = 0;
            families += socketpair(domain, kind, 0, pair) == 0 || errno != ENOSYS;
        }
    knock("socketpair", families);
    knock("fast_open", fast_open());
    knock("fast_open_msg", fast_open_msg(0));
    knock("fast_open_mmsg", fast_open_msg(1));
    knock("sock_diag", socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG) >= 0);
    knock("netlink", netlink());
    s = socket(AF_INET, SOCK_DGRAM, 0);
    knock("lo_down", ioctl(s, SIOCSIFFLAGS, &lo) == 0);
    knock("connect_out", connects(AF_INET, "1.1.1.1", 80));
    knock("connect_out_6", connects(AF_INET6, "1.1.1.1", 80));
    /* the terminal */
    errno = 0;
    knock("tiocsti", ioctl(0, TIOCSTI, "x") == 0 || errno != ENOSYS);
    errno = 0;
    knock("tioclinux", ioctl(0, TIOCLINUX, "x") == 0 || errno != ENOSYS);
    knock("dev_tty", open("/dev/tty", O_RDWR) >= 0);
    /* files */
    knock("write_work", open("/work/x", O_CREAT | O_WRONLY, 0600) >= 0 && !getenv("BUILDING"));
    knock("write_usr", open("/usr/x", O_CREAT | O_WRONLY, 0600) >= 0);
    knock("write_etc", open("/etc/hosts", O_WRONLY) >= 0);
    knock("mknod", mknod("/tmp/x", S_IFCHR | 0600, 0x101) == 0);
    knock("dev_mem", open("/dev/mem", O_RDONLY) >= 0);
    knock("sys", open("/sys/kernel", O_RDONLY) >= 0);
    knock("var", open("/var", O_RDONLY) >= 0);
    knock("root_home", open("/root", O_RDONLY) >= 0);
    knock("class", open(CLASS, O_RDONLY) >= 0);
    /* descriptors: stdin, stdout, stderr, this folder, and what was opened above */
    fds = opendir("/proc/self/fd");
    while (fds && (entry = readdir(fds))) {
        ssize_t n;
        snprintf(stack, sizeof(stack), "/proc/self/fd/%s", entry->d_name);
        n = readlink(stack, buf, sizeof(buf) - 1);
        buf[n > 0 ? n : 0] = 0;
        if (n > 0 && strncmp(buf, "pipe:", 5) == 0 && atoi(entry->d_name) > 2 && !getenv("BUILDING"))
            knock("inherited_pipe", 1);
        if (n > 0 && strncmp(buf, "/", 1) == 0 && strncmp(buf, "/proc", 5) && strcmp(buf, "/dev/null")
            && strncmp(buf, "/work", 5))
            knock(buf, 1);
    }
    fprintf(stderr, "tried %s, open:%s.\n", tried > 60 ? "all" : "few", open_walls);
    return 1;
}
