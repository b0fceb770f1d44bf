//! What a program may ask of the kernel: seccomp(2), landlock(7).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{fs, io};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, NetPort, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetError, Scope, path_beneath_rules,
};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use crate::jail::Jail;
use crate::tier::{Tier, tried};

/// What a program needs of the system where it sees all of it. Of `/proc`, what is about itself: other processes' arguments
/// are there too.
const READABLE: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/perl",
    "/etc/python3",
    "/etc/passwd",
    "/etc/group",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/hostname",
    "/dev/random",
    "/dev/urandom",
    "/proc/self",
    "/proc/sys",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/filesystems",
];

/// Finds Java's settings, `/etc/java-17-openjdk`, which no JVM starts without.
pub(crate) fn java_settings() -> Vec<PathBuf> {
    let entries = fs::read_dir("/etc").into_iter().flatten().flatten();
    let of_java = entries.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"java"));
    of_java.map(|entry| entry.path()).collect()
}

/// The slides' ports, where a program connects: echo and daytime.
const SERVERS: [u16; 2] = [7, 13];

/// Reads and runs the system's files, writes to its own folders, signals none but its own.
pub(crate) fn landlock(jail: &Jail) -> io::Result<()> {
    let all = AccessFs::from_all(ABI::V5);
    let read = AccessFs::from_read(ABI::V5);
    let mut ruleset = Ruleset::default();
    // Without Landlock the reduced tier would be none: it has to be there. The full tier is whole without it.
    let level = if jail.tier == Tier::Full { CompatLevel::BestEffort } else { CompatLevel::HardRequirement };
    ruleset = tried("Landlock", ruleset.set_compatibility(level).handle_access(AccessFs::from_all(ABI::V1)))?;
    ruleset = tried("Landlock", ruleset.set_compatibility(CompatLevel::BestEffort).handle_access(all))?;
    ruleset = tried("Landlock", ruleset.scope(Scope::AbstractUnixSocket | Scope::Signal))?;
    if jail.tier == Tier::Full {
        // Its file system is its own; this is a second lock on the same door.
        let writable = path_beneath_rules(["/tmp", "/home", "/work", "/dev", "/proc"], all);
        let rules = ruleset
            .create()
            .and_then(|rules| rules.add_rules(path_beneath_rules(["/"], read)))
            .and_then(|rules| rules.add_rules(writable))
            .and_then(landlock::RulesetCreated::restrict_self);
        return tried("Landlock", rules).map(drop);
    }
    // Its network is everybody's.
    ruleset = tried("Landlock", ruleset.handle_access(AccessNet::ConnectTcp))?;
    let shared = jail.shared.folders.iter().map(|(outside, _)| outside);
    let own = if jail.building { all } else { read };
    let rules = ruleset
        .create()
        .and_then(|rules| rules.add_rules(path_beneath_rules(READABLE, read)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(java_settings(), read)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(shared, read)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(["/dev/null", "/dev/full"], all)))
        .and_then(|rules| rules.add_rules(path_beneath_rules([&jail.root], own)))
        .and_then(|rules| {
            rules.add_rules(
                SERVERS.map(|port| Ok::<_, RulesetError>(NetPort::new(port, AccessNet::ConnectTcp))),
            )
        })
        .and_then(landlock::RulesetCreated::restrict_self);
    tried("Landlock", rules).map(drop)
}

/// Forbids every call that is on none of the lists: ENOSYS, as from a kernel that doesn't have it. What is forbidden here stays so in
/// every process that this one starts. The kernel tries such a long filter with every call there is: once for all runs.
pub(crate) fn forbid_unlisted() -> io::Result<()> {
    let listed = ALLOWED.iter().chain(OLD_ALLOWED).chain(KEEPERS);
    let mut rules: Rules = listed.map(|call| (*call, Vec::new())).collect();
    let special = || -> Result<[(i64, Vec<SeccompRule>); 9], BackendError> {
        // No new namespaces, and no child that strace doesn't see. clone3 hides its flags in memory, so it is none of the program's: libraries then use clone.
        let namespaces = (libc::CLONE_NEWUSER
            | libc::CLONE_NEWNS
            | libc::CLONE_NEWNET
            | libc::CLONE_NEWPID
            | libc::CLONE_NEWIPC
            | libc::CLONE_NEWUTS
            | libc::CLONE_NEWCGROUP
            | libc::CLONE_UNTRACED) as u64;
        let clone = vec![rule([is(0, SeccompCmpOp::MaskedEq(namespaces), 0)])?];
        // Streams and datagrams of the Internet and of this machine, and what getaddrinfo asks of the kernel (netlink). Of the
        // Internet's streams TCP alone: landlock(7) doesn't look at the others' ports.
        let mut socket = Vec::new();
        for (domain, kind, protocol) in [
            (libc::AF_UNIX, libc::SOCK_STREAM, None),
            (libc::AF_UNIX, libc::SOCK_DGRAM, None),
            (libc::AF_INET, libc::SOCK_STREAM, Some(libc::IPPROTO_IP)),
            (libc::AF_INET, libc::SOCK_STREAM, Some(libc::IPPROTO_TCP)),
            (libc::AF_INET, libc::SOCK_DGRAM, None),
            (libc::AF_INET6, libc::SOCK_STREAM, Some(libc::IPPROTO_IP)),
            (libc::AF_INET6, libc::SOCK_STREAM, Some(libc::IPPROTO_TCP)),
            (libc::AF_INET6, libc::SOCK_DGRAM, None),
        ] {
            let domain = is(0, SeccompCmpOp::Eq, domain as u64);
            let kind = is(1, SeccompCmpOp::MaskedEq(0xF), kind as u64);
            socket.push(match protocol {
                Some(protocol) => rule([domain, kind, is(2, SeccompCmpOp::Eq, protocol as u64)]),
                None => rule([domain, kind]),
            }?);
        }
        socket.push(netlink(libc::NETLINK_ROUTE)?);
        socket.push(netlink(STRACES)?);
        let socketpair = vec![rule([is(0, SeccompCmpOp::Eq, libc::AF_UNIX as u64)])?];
        // To connect and to send at once is to connect where landlock(7) doesn't look.
        let fast_open = libc::MSG_FASTOPEN as u64;
        let without_fast_open = |flags| rule([is(flags, SeccompCmpOp::MaskedEq(fast_open), 0)]);
        // Nobody types into the instructor's terminal.
        let ioctl =
            vec![rule([is(1, SeccompCmpOp::Ne, libc::TIOCSTI), is(1, SeccompCmpOp::Ne, libc::TIOCLINUX)])?];
        // Each lock is memory of the kernel's, in as many parts of a file as one likes. Of these, nobody sees whose they are.
        let lock = [libc::F_OFD_SETLK, libc::F_OFD_SETLKW];
        let no_lock = rule(lock.map(|command| is(1, SeccompCmpOp::Ne, command as u64)))?;
        // Shared memory without a file stays while one page of it is mapped, and then nobody counts the others: only a page.
        let kind = |kind: libc::c_int| is(3, SeccompCmpOp::MaskedEq(libc::MAP_TYPE as u64), kind as u64);
        let mmap = vec![
            rule([is(3, SeccompCmpOp::MaskedEq(libc::MAP_ANONYMOUS as u64), 0)])?,
            rule([kind(libc::MAP_PRIVATE)])?,
            rule([kind(libc::MAP_DROPPABLE)])?,
            rule([SeccompCondition::new(1, SeccompCmpArgLen::Qword, SeccompCmpOp::Le, 4096)])?,
        ];
        Ok([
            (libc::SYS_clone, clone),
            (libc::SYS_socket, socket),
            (libc::SYS_socketpair, socketpair),
            (libc::SYS_sendto, vec![without_fast_open(3)?]),
            (libc::SYS_sendmsg, vec![without_fast_open(2)?]),
            (libc::SYS_sendmmsg, vec![without_fast_open(3)?]),
            (libc::SYS_ioctl, ioctl),
            (libc::SYS_fcntl, vec![no_lock]),
            (libc::SYS_mmap, mmap),
        ])
    };
    rules.extend(tried("seccomp", special())?);
    apply(rules, FORBIDDEN, SeccompAction::Allow)
}

/// Forbids what only [`KEEPERS`] need, too: what they do last before the program starts.
pub(crate) fn forbid_keepers() -> io::Result<()> {
    let mut rules: Rules = KEEPERS.iter().map(|call| (*call, Vec::new())).collect();
    rules.insert(libc::SYS_socket, vec![tried("seccomp", netlink(STRACES))?]);
    apply(rules, SeccompAction::Allow, FORBIDDEN)
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

const FORBIDDEN: SeccompAction = SeccompAction::Errno(libc::ENOSYS as u32);

fn apply(rules: Rules, others: SeccompAction, these: SeccompAction) -> io::Result<()> {
    let arch = tried("seccomp", std::env::consts::ARCH.try_into())?;
    let filter = tried("seccomp", SeccompFilter::new(rules, others, these, arch))?;
    let program: BpfProgram = tried("seccomp", filter.try_into())?;
    tried("seccomp", seccompiler::apply_filter(&program))
}

/// What all of these say of a call's arguments.
fn rule<const N: usize>(
    conditions: [Result<SeccompCondition, BackendError>; N],
) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(conditions.into_iter().collect::<Result<_, _>>()?)
}

fn is(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
}

/// Of socket(2): this protocol of netlink(7).
fn netlink(protocol: libc::c_int) -> Result<SeccompRule, BackendError> {
    rule([is(0, SeccompCmpOp::Eq, libc::AF_NETLINK as u64), is(2, SeccompCmpOp::Eq, protocol as u64)])
}

/// With this one strace asks for sockets' addresses.
const STRACES: libc::c_int = libc::NETLINK_SOCK_DIAG;

/// What keeper, init and strace need, and no program.
#[rustfmt::skip] // in groups
const KEEPERS: &[i64] = &[
    libc::SYS_clone3, libc::SYS_unshare, libc::SYS_mount, libc::SYS_umount2, libc::SYS_pivot_root,
    libc::SYS_sethostname, libc::SYS_capset, libc::SYS_landlock_create_ruleset, libc::SYS_landlock_add_rule,
    libc::SYS_landlock_restrict_self, libc::SYS_seccomp, libc::SYS_ptrace, libc::SYS_process_vm_readv,
];

/// What programs, compilers and the runtimes of languages need. Not here, for example: mount, ptrace, process_vm_readv,
/// bpf, keyctl, io_uring_setup, memfd_create, inotify_init (it shows the names of others' files, and a user has few of them), shmget, userfaultfd, unshare, setns, chroot.
#[rustfmt::skip] // in groups
const ALLOWED: &[i64] = &[
    libc::SYS_read, libc::SYS_write, libc::SYS_readv, libc::SYS_writev, libc::SYS_pread64, libc::SYS_pwrite64,
    libc::SYS_preadv, libc::SYS_pwritev, libc::SYS_preadv2, libc::SYS_pwritev2, libc::SYS_close,
    libc::SYS_close_range, libc::SYS_openat, libc::SYS_openat2, libc::SYS_lseek, libc::SYS_fstat,
    libc::SYS_newfstatat, libc::SYS_statx, libc::SYS_statfs, libc::SYS_fstatfs, libc::SYS_getdents64,
    libc::SYS_getcwd, libc::SYS_chdir, libc::SYS_fchdir, libc::SYS_mkdirat, libc::SYS_mknodat, libc::SYS_unlinkat,
    libc::SYS_renameat, libc::SYS_renameat2, libc::SYS_linkat, libc::SYS_symlinkat, libc::SYS_readlinkat,
    libc::SYS_fchmod, libc::SYS_fchmodat, libc::SYS_fchown, libc::SYS_fchownat, libc::SYS_faccessat,
    libc::SYS_faccessat2, libc::SYS_utimensat, libc::SYS_truncate, libc::SYS_ftruncate, libc::SYS_fallocate,
    libc::SYS_fsync, libc::SYS_fdatasync, libc::SYS_sync_file_range, libc::SYS_umask, libc::SYS_flock,
    libc::SYS_dup, libc::SYS_dup3, libc::SYS_pipe2, libc::SYS_sendfile, libc::SYS_splice,
    libc::SYS_tee, libc::SYS_copy_file_range, libc::SYS_fadvise64, libc::SYS_readahead, libc::SYS_getxattr,
    libc::SYS_lgetxattr, libc::SYS_fgetxattr, libc::SYS_listxattr, libc::SYS_llistxattr, libc::SYS_flistxattr,
    libc::SYS_mprotect, libc::SYS_munmap, libc::SYS_mremap, libc::SYS_madvise, libc::SYS_msync,
    libc::SYS_mincore, libc::SYS_brk, libc::SYS_mlock, libc::SYS_munlock, libc::SYS_membarrier, libc::SYS_ppoll,
    libc::SYS_pselect6, libc::SYS_epoll_create1, libc::SYS_epoll_ctl, libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2, libc::SYS_eventfd2, libc::SYS_signalfd4, libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime, libc::SYS_timerfd_gettime, libc::SYS_bind, libc::SYS_listen, libc::SYS_accept,
    libc::SYS_accept4, libc::SYS_connect, libc::SYS_getsockname, libc::SYS_getpeername,
    libc::SYS_recvfrom, libc::SYS_recvmsg, libc::SYS_recvmmsg,
    libc::SYS_setsockopt, libc::SYS_getsockopt, libc::SYS_shutdown, libc::SYS_execve, libc::SYS_execveat,
    libc::SYS_exit, libc::SYS_exit_group, libc::SYS_wait4, libc::SYS_waitid, libc::SYS_kill, libc::SYS_tkill,
    libc::SYS_tgkill, libc::SYS_getpid, libc::SYS_getppid, libc::SYS_gettid, libc::SYS_getpgid, libc::SYS_setpgid,
    libc::SYS_getsid, libc::SYS_setsid, libc::SYS_rt_sigaction, libc::SYS_rt_sigprocmask, libc::SYS_rt_sigpending,
    libc::SYS_rt_sigsuspend, libc::SYS_rt_sigtimedwait, libc::SYS_rt_sigqueueinfo, libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_rt_sigreturn, libc::SYS_sigaltstack, libc::SYS_restart_syscall, libc::SYS_getuid, libc::SYS_geteuid,
    libc::SYS_getgid, libc::SYS_getegid, libc::SYS_getresuid, libc::SYS_getresgid, libc::SYS_getgroups,
    libc::SYS_setuid, libc::SYS_setgid, libc::SYS_setreuid, libc::SYS_setregid, libc::SYS_setresuid,
    libc::SYS_setresgid, libc::SYS_setgroups, libc::SYS_setfsuid, libc::SYS_setfsgid, libc::SYS_capget,
    libc::SYS_futex, libc::SYS_set_robust_list, libc::SYS_get_robust_list, libc::SYS_set_tid_address,
    libc::SYS_rseq, libc::SYS_sched_yield, libc::SYS_sched_getaffinity, libc::SYS_sched_setaffinity,
    libc::SYS_sched_getparam, libc::SYS_sched_setparam, libc::SYS_sched_getscheduler,
    libc::SYS_sched_setscheduler, libc::SYS_sched_get_priority_max, libc::SYS_sched_get_priority_min,
    libc::SYS_sched_rr_get_interval, libc::SYS_sched_getattr, libc::SYS_getpriority, libc::SYS_setpriority,
    libc::SYS_getcpu, libc::SYS_nanosleep, libc::SYS_clock_nanosleep, libc::SYS_clock_gettime,
    libc::SYS_clock_getres, libc::SYS_gettimeofday, libc::SYS_times, libc::SYS_getitimer, libc::SYS_setitimer,
    libc::SYS_timer_create, libc::SYS_timer_settime, libc::SYS_timer_gettime, libc::SYS_timer_getoverrun,
    libc::SYS_timer_delete, libc::SYS_getrlimit, libc::SYS_setrlimit, libc::SYS_prlimit64, libc::SYS_getrusage,
    libc::SYS_uname, libc::SYS_sysinfo, libc::SYS_getrandom, libc::SYS_prctl, libc::SYS_mlockall,
    libc::SYS_munlockall, libc::SYS_pidfd_open, libc::SYS_pidfd_send_signal,
];

/// The older forms of some, which only x86-64 has.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip] // in groups
const OLD_ALLOWED: &[i64] = &[
    libc::SYS_open, libc::SYS_creat, libc::SYS_stat, libc::SYS_lstat, libc::SYS_access, libc::SYS_dup2,
    libc::SYS_pipe, libc::SYS_poll, libc::SYS_select, libc::SYS_epoll_create, libc::SYS_epoll_wait,
    libc::SYS_eventfd, libc::SYS_signalfd, libc::SYS_fork, libc::SYS_vfork,
    libc::SYS_arch_prctl, libc::SYS_alarm, libc::SYS_pause, libc::SYS_time, libc::SYS_mkdir, libc::SYS_mknod, libc::SYS_rmdir,
    libc::SYS_unlink, libc::SYS_rename, libc::SYS_link, libc::SYS_symlink, libc::SYS_readlink, libc::SYS_chmod,
    libc::SYS_chown, libc::SYS_lchown, libc::SYS_utime, libc::SYS_utimes, libc::SYS_futimesat, libc::SYS_getdents,
    libc::SYS_getpgrp,
];
#[cfg(not(target_arch = "x86_64"))]
const OLD_ALLOWED: &[i64] = &[];
