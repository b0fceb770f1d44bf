//! Writes a system call as strace(1) does, from what ptrace(2) tells at its entry and its exit. A process can have only one
//! tracer, so whoever stops it at each call cannot ask strace.
//!
//! What a call's arguments are stands in `calls.rs`. What the kernel fills in is `Filled` there, and read when the call
//! returns; all else is read at entry, before the kernel or another thread changes it.

mod calls;

use std::cell::Cell;
use std::fmt::Write as _;
use std::io;
use std::mem::offset_of;
use std::net::{Ipv4Addr, Ipv6Addr};

use libc::{CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID, CLONE_PARENT_SETTID, CLONE_SETTLS};
use nix::errno::Errno;
use syscalls::Sysno;

use self::calls::{
    CFLAGS, CHILD, CHILD_TIMES, CLONES, EPOLL_EVENT, FAMILIES, FD, FORMS, FUTEXES, Fields, IFLAGS, Kind,
    LEVELS, LFLAGS, LINGER, MSG, OFLAGS, OPEN, POLLED, POLLFD, REQUESTS, RESTORER, SA, SCM, SO_NUMBERS,
    SPECIAL, SPEEDS, TIMESPEC, TIMEVAL, UCRED, hex, kinds, options,
};

/// A process's memory.
pub trait Memory {
    /// As many bytes of `len` from `at` on as can be read.
    fn read(&self, at: u64, len: usize) -> Vec<u8>;
}

/// A call that has been entered.
#[derive(Clone, Debug)]
pub struct Entered {
    name: String,
    registers: [u64; 6],
    /// Of each argument: its register, what it is, and its text, unless the kernel fills it in.
    args: Vec<(usize, Kind, Option<String>)>,
    /// How large a buffer the caller has, where the kernel puts how large a one it has used.
    room: Option<i32>,
}

impl Entered {
    /// Reads what is known at entry; `number` and `registers` are `nr` and `args` of `PTRACE_GET_SYSCALL_INFO`.
    pub fn new(number: u64, registers: [u64; 6], memory: &impl Memory) -> Self {
        let known = usize::try_from(number).ok().and_then(Sysno::new);
        let name = known.map_or_else(|| format!("syscall_{number:#x}"), |known| known.name().into());
        let look = Look::new(registers, memory);
        let kinds = kinds(&name, &registers);
        let room = kinds.iter().find_map(|&(i, kind)| match kind {
            Kind::Filled(Kind::Length(_)) => look.number(registers[i], 4),
            Kind::Filled(Kind::Message) => look.number(registers[i].wrapping_add(8), 4),
            _ => None,
        });
        let args = kinds.into_iter().map(|(i, kind)| {
            let text = (!kind.filled()).then(|| look.text(kind, registers[i]));
            (i, kind, text)
        });
        Entered { name, registers, args: args.collect(), room: room.map(|room| room as i32) }
    }

    /// `accept`; `syscall_0x3ff` if it has no name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Argument `i` as the kernel gets it.
    #[must_use]
    pub fn arg(&self, i: usize) -> u64 {
        self.registers[i]
    }

    /// The arguments while it has not returned, up to the first that the kernel fills in: `["3"]` of accept and of read.
    #[must_use]
    pub fn args(&self) -> Vec<String> {
        self.args.iter().map_while(|(.., text)| text.clone()).collect()
    }

    /// All arguments once it has returned, and its result, which is a negative errno if it failed: `4`,
    /// `-1 EINTR (Interrupted system call)`, `? ERESTARTSYS (To be restarted if SA_RESTART is set)`. Only rt_sigreturn lacks
    /// what strace finds on the stack.
    #[must_use]
    pub fn finished(&self, memory: &impl Memory, result: i64) -> (Vec<String>, String) {
        let look = Look { result: Some(result), room: self.room, ..Look::new(self.registers, memory) };
        let args = self.args.iter().map(|(i, kind, text)| match text {
            Some(text) => text.clone(),
            None => look.text(*kind, self.registers[*i]),
        });
        (args.collect(), look.result_text(&self.name, result))
    }
}

/// What is read of one string; twice as much is read for one call.
const MOST: usize = 1 << 20;

/// An array with more entries is garbage; of a set of bits no more are shown.
const MOST_ENTRIES: u64 = 4096;
const MOST_BITS: usize = 1 << 16;

/// A look at a call: at entry, or with its result.
struct Look<'a> {
    args: [u64; 6],
    memory: &'a dyn Memory,
    result: Option<i64>,
    /// [`Entered::room`]
    room: Option<i32>,
    /// How many bytes may still be read: a pointer to garbage may stand for gigabytes.
    budget: Cell<usize>,
}

impl<'a> Look<'a> {
    fn new(args: [u64; 6], memory: &'a dyn Memory) -> Self {
        Look { args, memory, result: None, room: None, budget: Cell::new(2 * MOST) }
    }

    fn failed(&self) -> bool {
        self.result.is_some_and(|result| result < 0)
    }

    /// How many bytes, or entries, the kernel has filled in.
    fn got(&self) -> Option<usize> {
        self.result.and_then(|result| usize::try_from(result).ok())
    }

    /// All of these bytes, or none.
    fn bytes(&self, at: u64, len: usize) -> Option<Vec<u8>> {
        self.budget.set(self.budget.get().checked_sub(len)?);
        let bytes = if len == 0 { Vec::new() } else { self.memory.read(at, len) };
        (bytes.len() == len).then_some(bytes)
    }

    /// The number that stands so many bytes behind `at`, and is so many wide.
    fn field(&self, at: u64, offset: usize, width: usize) -> Option<u64> {
        let bytes = self.bytes(at.wrapping_add(offset as u64), width)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn number(&self, at: u64, width: usize) -> Option<u64> {
        self.field(at, 0, width)
    }

    /// A string that ends with a zero.
    fn path(&self, at: u64) -> Option<String> {
        for most in [256, 4096, MOST] {
            let mut bytes = self.memory.read(at, most.min(self.budget.get()));
            let end = bytes.iter().position(|byte| *byte == 0);
            if end.is_some() || bytes.len() == MOST {
                bytes.truncate(end.unwrap_or(MOST));
                self.budget.set(self.budget.get() - bytes.len());
                return Some(quoted(&bytes) + if end.is_some() { "" } else { "..." });
            }
        }
        None
    }

    fn string(&self, at: u64, len: usize) -> Option<String> {
        let bytes = self.bytes(at, len.min(MOST))?;
        Some(quoted(&bytes) + if len > MOST { "..." } else { "" })
    }

    fn structure(&self, at: u64, fields: Fields) -> Option<String> {
        let field = |&(name, offset, width, kind): &(&str, usize, usize, Kind)| match (name, width) {
            ("...", _) => Some(name.into()),
            (_, 0) => Some(format!("{name}={}", self.pointee(kind, at.wrapping_add(offset as u64))?)),
            _ => Some(format!("{name}={}", self.text(kind, self.field(at, offset, width)?))),
        };
        Some(format!("{{{}}}", joined(fields.iter().map(field))?))
    }

    /// An argument or a field: a number, or what it points to.
    fn text(&self, kind: Kind, value: u64) -> String {
        let narrow = u64::from(value as u32);
        match kind {
            Kind::Int => (value as i32).to_string(),
            Kind::Uint => narrow.to_string(),
            Kind::Long => (value as i64).to_string(),
            Kind::Size => value.to_string(),
            Kind::Raw if (-4096..65536).contains(&(value as i64)) => (value as i64).to_string(),
            Kind::Raw | Kind::Hex => hex(value),
            Kind::Octal => octal(value),
            Kind::Signal => signal_name(value as i32),
            Kind::Dir if value as i32 == libc::AT_FDCWD => "AT_FDCWD".into(),
            Kind::Dir => self.text(Kind::Int, value),
            Kind::Limit if value == u64::MAX => "RLIM64_INFINITY".into(),
            Kind::Limit if value > 1024 && value.is_multiple_of(1024) => format!("{}*1024", value / 1024),
            Kind::Limit => self.text(Kind::Size, value),
            Kind::One(names) => names.one(narrow),
            Kind::Flags(names) => names.flags(narrow),
            Kind::Mixed(mask, one, flags) => match (one.of(narrow & mask), narrow & !mask) {
                (Some(name), 0) => name.into(),
                (Some(name), rest) => format!("{name}|{}", flags.flags(rest)),
                (None, _) => flags.flags(narrow),
            },
            Kind::Clones => match (value & !0xFF, value as i32 & 0xFF) {
                (flags, 0) => CLONES.flags(flags),
                (0, number) => signal_name(number),
                (flags, number) => format!("{}|{}", CLONES.flags(flags), signal_name(number)),
            },
            Kind::FutexOp => futex_op(narrow),
            Kind::Request => REQUESTS.of(narrow).map_or_else(|| request(narrow), Into::into),
            Kind::Named(name, kind) => format!("{name}={}", self.text(*kind, value)),
            Kind::Filled(kind) if self.failed() && !kind.shown_of_a_failure() => pointer(value),
            Kind::Filled(kind) => self.text(*kind, value),
            _ if value == 0 => pointer(value),
            kind => self.pointee(kind, value).unwrap_or_else(|| pointer(value)),
        }
    }

    /// What is at an address; none if it cannot be read.
    fn pointee(&self, kind: Kind, at: u64) -> Option<String> {
        match kind {
            Kind::Path => self.path(at),
            Kind::Bytes(len) => {
                let len = self.args[len] as usize;
                self.string(at, self.got().map_or(len, |got| got.min(len)))
            }
            Kind::Random => Some(quoted_hex(&self.bytes(at, self.got()?)?)),
            Kind::Strings => {
                let strings = self.pointers(at)?;
                Some(format!("[{}]", joined(strings.iter().map(|at| Some(self.text(Kind::Path, *at))))?))
            }
            Kind::Environment => {
                let count = self.pointers(at)?.len();
                Some(format!("{} /* {count} var{} */", pointer(at), if count == 1 { "" } else { "s" }))
            }
            Kind::At(kind) => Some(format!("[{}]", self.text(*kind, self.number(at, 4)?))),
            Kind::Pair => array(at, 2, 4, |at| Some(self.text(Kind::Int, self.number(at, 4)?))),
            Kind::Struct(fields) => self.structure(at, fields),
            Kind::Addr(len) => {
                let len = self.args[len];
                let filled = || Some((self.number(len, 4)? as i32).min(self.room?));
                self.address(at, if self.result.is_some() { filled()? } else { len as i32 })
            }
            // Where nobody asks for an address, nobody asks for its length.
            Kind::Length(address) if self.args[address] == 0 => None,
            Kind::Length(_) => {
                let now = self.number(at, 4)? as i32;
                let before = self.room.filter(|before| *before != now);
                Some(before.map_or_else(|| format!("[{now}]"), |before| format!("[{before} => {now}]")))
            }
            Kind::Vector(count) => self.vector(at, self.args[count], self.result.is_some()),
            Kind::Message => self.message(at, self.result.is_some()),
            Kind::Messages(count) => array(at, u64::from(self.args[count] as u32), 64, |at| {
                let (header, sent) = (self.message(at, false)?, self.field(at, 56, 4)?);
                let sent = if self.failed() { String::new() } else { format!(", msg_len={sent}") };
                Some(format!("{{msg_hdr={header}{sent}}}"))
            }),
            Kind::SetOpt => self.option(at, self.args[4] as i32),
            Kind::GetOpt => self.option(at, self.number(self.args[4], 4)? as i32),
            Kind::Poll(count) => array(at, u64::from(self.args[count] as u32), 8, |at| {
                let skipped = (self.number(at, 4)? as i32).is_negative();
                self.structure(at, if skipped { &POLLFD[..1] } else { POLLFD })
            }),
            Kind::Events => {
                let size = size_of::<libc::epoll_event>() as u64;
                array(at, self.got()? as u64, size, |at| self.structure(at, EPOLL_EVENT))
            }
            Kind::Set => self.set(at),
            Kind::Cpus => Some(bits(&self.bytes(at, self.got()?.min(MOST_BITS / 8))?, MOST_BITS)),
            Kind::SigSet => Some(signals(self.number(at, 8)?)),
            Kind::SigSetAndSize => {
                let (set, size) = (self.number(at, 8)?, self.field(at, 8, 8)?);
                Some(format!("{{sigmask={}, sigsetsize={size}}}", self.text(Kind::SigSet, set)))
            }
            Kind::Action => self.action(at),
            Kind::Stat => self.stat(at),
            Kind::Status if self.result == Some(0) => None,
            Kind::Status => Some(format!("[{{{}}}]", status(self.number(at, 4)? as i32))),
            Kind::SigInfo => self.child_info(at),
            // Only a wait that a signal has broken off leaves a rest.
            Kind::Rest => {
                let broken_off = [-i64::from(libc::EINTR), -516].map(Some).contains(&self.result);
                if broken_off { self.structure(at, TIMESPEC) } else { None }
            }
            Kind::Clone3 => self.clone3(at),
            Kind::Terminal => self.terminal(at),
            _ => None,
        }
    }

    /// The pointers up to the first that is NULL.
    fn pointers(&self, at: u64) -> Option<Vec<u64>> {
        let pointers: Option<Vec<_>> = (0..=MOST_ENTRIES as usize)
            .map(|i| self.field(at, 8 * i, 8))
            .take_while(|pointer| *pointer != Some(0))
            .collect();
        pointers.filter(|pointers| pointers.len() as u64 <= MOST_ENTRIES)
    }

    fn address(&self, at: u64, len: i32) -> Option<String> {
        let bytes = self.bytes(at, usize::try_from(len).ok()?.min(128))?;
        let (family, data) = bytes.split_first_chunk::<2>()?;
        let family = u16::from_ne_bytes(*family);
        let word = |i: usize| Some(u32::from_ne_bytes(*data.get(i..)?.first_chunk()?));
        let port = || Some(u16::from_be_bytes(*data.first_chunk()?));
        let rest = match (i32::from(family), data.len()) {
            (_, 0) => String::new(),
            (libc::AF_INET, 14..) => {
                let ip = Ipv4Addr::from(u32::from_be(word(2)?));
                format!(", sin_port=htons({}), sin_addr=inet_addr(\"{ip}\")", port()?)
            }
            (libc::AF_INET6, 22..) => {
                let ip = Ipv6Addr::from(*data.get(6..)?.first_chunk::<16>()?);
                let (port, flow) = (port()?, u32::from_be(word(2)?));
                let scope = word(22).map_or_else(String::new, |scope| format!(", sin6_scope_id={scope}"));
                format!(
                    ", sin6_port=htons({port}), sin6_flowinfo=htonl({flow}), \
                     inet_pton(AF_INET6, \"{ip}\", &sin6_addr){scope}"
                )
            }
            (libc::AF_UNIX, _) => match data.split(|byte| *byte == 0).next() {
                Some([]) => format!(", sun_path=@{}", quoted(&data[1..])),
                path => format!(", sun_path={}", quoted(path?)),
            },
            (libc::AF_NETLINK, 10..) => match word(6)? {
                0 => format!(", nl_pid={}, nl_groups=00000000", word(2)?),
                groups => format!(", nl_pid={}, nl_groups={groups:#08x}", word(2)?),
            },
            _ => format!(", sa_data={}", quoted(data)),
        };
        Some(format!("{{sa_family={}{rest}}}", FAMILIES.one(family.into())))
    }

    /// Buffers; of those that were to be `received`, as much as has come.
    fn vector(&self, at: u64, count: u64, received: bool) -> Option<String> {
        let left = Cell::new(self.got().filter(|_| received).unwrap_or(usize::MAX));
        array(at, count, 16, |at| {
            let (base, len) = (self.number(at, 8)?, self.field(at, 8, 8)?);
            let shown = left.get().min(len as usize);
            left.set(left.get() - shown);
            let readable = base != 0 && !(received && self.failed());
            let text = if readable { self.string(base, shown) } else { None };
            Some(format!("{{iov_base={}, iov_len={len}}}", text.unwrap_or_else(|| pointer(base))))
        })
    }

    /// A msghdr; of one that was to be `received`, as much as has come.
    fn message(&self, at: u64, received: bool) -> Option<String> {
        let (name, name_len) = (self.number(at, 8)?, self.field(at, 8, 4)? as i32);
        if received && self.failed() {
            return Some(format!("{{msg_namelen={name_len}}}"));
        }
        let or_pointer = |at: u64, text: Option<String>| match at {
            0 => pointer(at),
            _ => text.unwrap_or_else(|| pointer(at)),
        };
        let mut text = format!("{{msg_name={}, msg_namelen=", or_pointer(name, self.address(name, name_len)));
        if let Some(room) = self.room.filter(|room| received && *room != name_len) {
            let _ = write!(text, "{room} => ");
        }
        let (vector, count) = (self.field(at, 16, 8)?, self.field(at, 24, 8)?);
        let buffers = or_pointer(vector, self.vector(vector, count, received));
        let _ = write!(text, "{name_len}, msg_iov={buffers}, msg_iovlen={count}, ");
        let (control, len) = (self.field(at, 32, 8)?, self.field(at, 40, 8)?);
        if len > 0 {
            let _ = write!(text, "msg_control={}, ", or_pointer(control, self.control(control, len)));
        }
        let flags = MSG.flags(self.field(at, 48, 4)?);
        Some(format!("{text}msg_controllen={len}, msg_flags={flags}}}"))
    }

    fn control(&self, at: u64, len: u64) -> Option<String> {
        let (mut from, mut texts) = (0, Vec::new());
        while len.saturating_sub(from) >= 16 {
            let at = at.wrapping_add(from);
            let (size, level, kind) = (self.number(at, 8)?, self.field(at, 8, 4)?, self.field(at, 12, 4)?);
            let names = if level == libc::SOL_SOCKET as u64 { Some(&SCM) } else { options(level) };
            let name = names.map_or_else(|| hex(kind), |names| names.one(kind));
            let mut text = format!("{{cmsg_len={size}, cmsg_level={}, cmsg_type={name}", LEVELS.one(level));
            let fits = size >= 16 && size <= len - from;
            if fits && size > 16 {
                let (data, len) = (at.wrapping_add(16), size - 16);
                let data = match name.as_str() {
                    "SCM_RIGHTS" => {
                        array(data, len / 4, 4, |at| Some(self.text(Kind::Int, self.number(at, 4)?)))?
                    }
                    _ => self.string(data, len as usize)?,
                };
                let _ = write!(text, ", cmsg_data={data}");
            }
            texts.push(text + "}");
            from = if fits { from + size.next_multiple_of(8) } else { len };
        }
        if texts.is_empty() { None } else { Some(format!("[{}]", texts.join(", "))) }
    }

    /// An option of a socket; `len` is what the caller says of it, or the kernel.
    fn option(&self, at: u64, len: i32) -> Option<String> {
        let (level, name) = (self.args[1] as i32, self.args[2] as i32);
        let got = self.result.is_some();
        let len = usize::try_from(len).ok()?;
        let fields = |fields: Fields| self.structure(at, fields.get(..len / 4).unwrap_or(fields));
        let number = || self.pointee(Kind::At(&Kind::Int), at);
        match (level, name) {
            (libc::SOL_SOCKET, libc::SO_LINGER) if len < if got { 4 } else { 8 } => None,
            (libc::SOL_SOCKET, libc::SO_LINGER) => fields(LINGER),
            // strace shows the bytes.
            (libc::SOL_SOCKET, libc::SO_RCVTIMEO | libc::SO_SNDTIMEO) if len == 16 => fields(TIMEVAL),
            (libc::SOL_SOCKET, libc::SO_PEERCRED) if got => fields(UCRED),
            (libc::SOL_SOCKET, libc::SO_ERROR) if got && len >= 4 => match self.number(at, 4)? as i32 {
                0 => Some("[0]".into()),
                errno => Some(format!("[{:?}]", Errno::from_raw(errno))),
            },
            (libc::SOL_SOCKET, name) if SO_NUMBERS.of(name as u64).is_some() => match len {
                4.. => number(),
                1.. if got => Some(quoted_hex(&self.bytes(at, len)?)),
                _ => None,
            },
            _ if len == 4 => number(),
            _ => self.string(at, len),
        }
    }

    /// The descriptors of a set of select's.
    fn set(&self, at: u64) -> Option<String> {
        let most = usize::try_from(self.args[0] as i32).ok()?.min(MOST_BITS);
        Some(bits(&self.bytes(at, most.div_ceil(64) * 8)?, most))
    }

    fn action(&self, at: u64) -> Option<String> {
        let handler = match self.number(at, 8)? {
            0 => "SIG_DFL".into(),
            1 => "SIG_IGN".into(),
            handler => hex(handler),
        };
        let (flags, restorer, mask) = (self.field(at, 8, 8)?, self.field(at, 16, 8)?, self.field(at, 24, 8)?);
        let restorer = match flags & RESTORER as u64 {
            0 => String::new(),
            _ => format!(", sa_restorer={}", pointer(restorer)),
        };
        let (mask, flags) = (signals(mask), SA.flags(flags));
        Some(format!("{{sa_handler={handler}, sa_mask={mask}, sa_flags={flags}{restorer}}}"))
    }

    fn stat(&self, at: u64) -> Option<String> {
        let mode = self.field(at, offset_of!(libc::stat, st_mode), 4)?;
        let form = mode & u64::from(libc::S_IFMT);
        let what = if form == u64::from(libc::S_IFCHR) || form == u64::from(libc::S_IFBLK) {
            let device = self.field(at, offset_of!(libc::stat, st_rdev), 8)?;
            let [major, minor] = [libc::major(device), libc::minor(device)].map(|number| hex(number.into()));
            format!("st_rdev=makedev({major}, {minor})")
        } else {
            format!("st_size={}", self.field(at, offset_of!(libc::stat, st_size), 8)? as i64)
        };
        let special = match mode & 0o7000 {
            0 => String::new(),
            special => SPECIAL.flags(special) + "|",
        };
        Some(format!("{{st_mode={}|{special}{}, {what}, ...}}", FORMS.one(form), octal(mode & 0o777)))
    }

    /// What waitid tells of a child; nothing if none has changed.
    fn child_info(&self, at: u64) -> Option<String> {
        let status = self.field(at, 24, 4)? as i32;
        let status = match (self.number(at, 4)?, self.field(at, 8, 4)? as i32) {
            (0, _) => return Some("{}".into()),
            (_, libc::CLD_EXITED) => status.to_string(),
            _ => signal_name(status),
        };
        let (before, after) = (self.structure(at, CHILD)?, self.structure(at, CHILD_TIMES)?);
        Some(format!(
            "{}, si_status={status}, {}",
            before.trim_end_matches('}'),
            after.trim_start_matches('{')
        ))
    }

    fn clone3(&self, at: u64) -> Option<String> {
        let flags = self.number(at, 8).filter(|_| self.args[1] >= 64)?;
        let has = |flag: i32| flags & u64::from(flag.cast_unsigned()) != 0;
        let mut text = format!("{{flags={}", CLONES.flags(flags));
        if has(CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID) {
            let _ = write!(text, ", child_tid={}", pointer(self.field(at, 16, 8)?));
        }
        let parent = self.field(at, 24, 8)?;
        if has(CLONE_PARENT_SETTID) {
            let _ = write!(text, ", parent_tid={}", pointer(parent));
        }
        let [number, stack, size, tls] = [32, 40, 48, 56].map(|offset| self.field(at, offset, 8));
        let (number, stack, size) = (signal_name(number? as i32), pointer(stack?), hex(size?));
        let _ = write!(text, ", exit_signal={number}, stack={stack}, stack_size={size}");
        if has(CLONE_SETTLS) {
            let _ = write!(text, ", tls={}", pointer(tls?));
        }
        text.push('}');
        if has(CLONE_PARENT_SETTID) && !self.failed() {
            let _ = write!(text, " => {{parent_tid={}}}", self.text(Kind::At(&Kind::Int), parent));
        }
        Some(text)
    }

    /// What TCGETS tells: four words of flags. In the second are delays too, in the third the speed and a byte's size.
    fn terminal(&self, at: u64) -> Option<String> {
        let [input, output, control, local] = [0, 4, 8, 12].map(|offset| self.field(at, offset, 4));
        let (output, control) = (output?, control?);
        let delay = |name: &str, shift: u32, mask: u64| format!("{name}{}", output >> shift & mask);
        let delays = [
            delay("NL", 8, 1),
            delay("CR", 9, 3),
            delay("TAB", 11, 3).replace("TAB3", "XTABS"),
            delay("BS", 13, 1),
            delay("VT", 14, 1),
            delay("FF", 15, 1),
        ];
        Some(format!(
            "{{c_iflag={}, c_oflag={}|{}, c_cflag={}|CS{}|{}, c_lflag={}, ...}}",
            IFLAGS.flags(input?),
            delays.join("|"),
            OFLAGS.flags(output & 0xFF),
            SPEEDS.one(control & 0o10_017),
            5 + (control >> 4 & 3),
            CFLAGS.flags(control & !0o10_077),
            LFLAGS.flags(local?),
        ))
    }

    fn result_text(&self, name: &str, result: i64) -> String {
        let value = result as u64;
        match name {
            _ if (-4095..0).contains(&result) => error(result.unsigned_abs() as i32),
            "brk" | "mmap" | "mremap" => hex(value),
            "umask" => octal(value),
            "fcntl" if self.args[1] as i32 == libc::F_GETFL => {
                format!("{} (flags {})", hex(value), self.text(OPEN, value))
            }
            "fcntl" if self.args[1] as i32 == libc::F_GETFD && result != 0 => {
                format!("{} (flags {})", hex(value), FD.flags(value))
            }
            "poll" | "ppoll" | "select" | "pselect6" if result == 0 => "0 (Timeout)".into(),
            "poll" => format!("{result} ({})", self.polled()),
            "ppoll" => format!("{result} ({}{})", self.polled(), self.time_left(2, TIMESPEC)),
            "select" | "pselect6" => {
                let sets = [("in", 1), ("out", 2), ("except", 3)].map(|(name, i)| {
                    let set = self.set(self.args[i]).filter(|set| set != "[]")?;
                    Some(format!("{name} {set}"))
                });
                let sets: Vec<_> = sets.into_iter().flatten().collect();
                let left = self.time_left(4, if name == "select" { TIMEVAL } else { TIMESPEC });
                format!("{result} ({}{left})", sets.join(", "))
            }
            _ => result.to_string(),
        }
    }

    /// The descriptors that something has happened to.
    fn polled(&self) -> String {
        let entries = (0..self.args[1].min(MOST_ENTRIES)).map(|i| self.args[0].wrapping_add(8 * i));
        let revents = entries.map_while(|at| Some((at, self.field(at, 6, 2)?)));
        let polled = revents.filter(|(_, revents)| *revents != 0).map(|(at, _)| self.structure(at, POLLED));
        format!("[{}]", joined(polled).unwrap_or_default())
    }

    /// What the kernel has left of the time that argument `i` points to.
    fn time_left(&self, i: usize, time: Fields) -> String {
        let left = if self.args[i] == 0 { None } else { self.structure(self.args[i], time) };
        left.map_or_else(String::new, |left| format!(", left {left}"))
    }
}

/// All of them with commas between; none if one is missing.
fn joined(texts: impl Iterator<Item = Option<String>>) -> Option<String> {
    Some(texts.collect::<Option<Vec<_>>>()?.join(", "))
}

/// `[…, …]` of `count` entries that begin so many bytes apart.
fn array(at: u64, count: u64, size: u64, entry: impl Fn(u64) -> Option<String>) -> Option<String> {
    if count > MOST_ENTRIES {
        return None;
    }
    let entries = (0..count).map(|i| entry(at.wrapping_add(i.wrapping_mul(size))));
    Some(format!("[{}]", joined(entries)?))
}

fn octal(value: u64) -> String {
    format!("0{value:02o}")
}

fn pointer(at: u64) -> String {
    if at == 0 { "NULL".into() } else { hex(at) }
}

/// Bytes as strace writes a string, without the quotes.
#[must_use]
pub fn escape(bytes: &[u8]) -> String {
    let quoted = quoted(bytes);
    quoted[1..quoted.len() - 1].into()
}

/// A string with strace's escapes: an octal one is as short as the next character allows.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for (byte, next) in bytes.iter().zip(bytes.iter().skip(1).chain([&b' '])) {
        let _ = match byte {
            b'"' | b'\\' => write!(text, "\\{}", char::from(*byte)),
            b'\n' => write!(text, "\\n"),
            b'\t' => write!(text, "\\t"),
            b'\r' => write!(text, "\\r"),
            0x0B => write!(text, "\\v"),
            0x0C => write!(text, "\\f"),
            b' '..=b'~' => write!(text, "{}", char::from(*byte)),
            _ if (b'0'..=b'7').contains(next) => write!(text, "\\{byte:03o}"),
            _ => write!(text, "\\{byte:o}"),
        };
    }
    text.push('"');
    text
}

fn quoted_hex(bytes: &[u8]) -> String {
    let digits: Vec<_> = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    format!("\"{}\"", digits.concat())
}

fn error(errno: i32) -> String {
    match errno {
        512 => "? ERESTARTSYS (To be restarted if SA_RESTART is set)".into(),
        513 => "? ERESTARTNOINTR (To be restarted)".into(),
        514 => "? ERESTARTNOHAND (To be restarted if no handler)".into(),
        516 => "? ERESTART_RESTARTBLOCK (Interrupted by signal)".into(),
        _ => match Errno::from_raw(errno) {
            Errno::UnknownErrno => format!("-1 (errno {errno})"),
            // Its text is strerror's, but for what std adds; nix has texts of its own.
            name => {
                let text = io::Error::from_raw_os_error(errno).to_string();
                format!("-1 {name:?} ({})", text.trim_end_matches(&format!(" (os error {errno})")))
            }
        },
    }
}

/// A signal's name as strace has it; of a number that is none, the number.
pub(crate) fn signal_name(number: i32) -> String {
    match number {
        32 => "SIGRTMIN".into(),
        33..=64 => format!("SIGRT_{}", number - 32),
        _ => nix::sys::signal::Signal::try_from(number)
            .map_or_else(|_| number.to_string(), |signal| signal.as_str().into()),
    }
}

/// A set of signals; where most are in it, those that are not.
fn signals(mask: u64) -> String {
    let (not, mask) = if mask.count_ones() >= 42 { ("~", !mask) } else { ("", mask) };
    let names: Vec<_> = (1..=64).filter(|number| mask >> (number - 1) & 1 == 1).map(signal_name).collect();
    format!("{not}[{}]", names.join(" ").replace("SIG", ""))
}

/// The bits that are set, of so many.
fn bits(bytes: &[u8], most: usize) -> String {
    let set = |bit: &usize| bytes[bit / 8] >> (bit % 8) & 1 == 1;
    let numbers: Vec<_> = (0..(8 * bytes.len()).min(most)).filter(set).map(|bit| bit.to_string()).collect();
    format!("[{}]", numbers.join(" "))
}

fn status(status: i32) -> String {
    if libc::WIFEXITED(status) {
        format!("WIFEXITED(s) && WEXITSTATUS(s) == {}", libc::WEXITSTATUS(status))
    } else if libc::WIFSTOPPED(status) {
        format!("WIFSTOPPED(s) && WSTOPSIG(s) == {}", signal_name(libc::WSTOPSIG(status)))
    } else if libc::WIFCONTINUED(status) {
        "WIFCONTINUED(s)".into()
    } else {
        let dumped = if libc::WCOREDUMP(status) { " && WCOREDUMP(s)" } else { "" };
        format!("WIFSIGNALED(s) && WTERMSIG(s) == {}{dumped}", signal_name(libc::WTERMSIG(status)))
    }
}

fn futex_op(op: u64) -> String {
    let Some(name) = FUTEXES.of(op & 0x7F) else { return FUTEXES.one(op) };
    let private = if op & 0x80 == 0 { "" } else { "_PRIVATE" };
    let clock = if op & 0x100 == 0 { "" } else { "|FUTEX_CLOCK_REALTIME" };
    format!("{name}{private}{clock}")
}

/// A request of ioctl that has no name in [`REQUESTS`].
fn request(request: u64) -> String {
    let way = match request >> 30 & 3 {
        0 => "_IOC_NONE",
        1 => "_IOC_WRITE",
        2 => "_IOC_READ",
        _ => "_IOC_READ|_IOC_WRITE",
    };
    let [size, kind, number] = [request >> 16 & 0x3FFF, request >> 8 & 0xFF, request & 0xFF].map(hex);
    format!("_IOC({way}, {kind}, {number}, {size})")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At every address the same byte, so many of them at a time.
    struct Same(u8, usize);

    impl Memory for Same {
        fn read(&self, _: u64, len: usize) -> Vec<u8> {
            assert!(len <= MOST, "a read of {len} bytes");
            vec![self.0; len.min(self.1)]
        }
    }

    #[test]
    fn garbage_is_written_too() {
        const GARBAGE: [u64; 10] =
            [0, 1, 2, 3, 8, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, u64::MAX - 8, u64::MAX];
        const RESULTS: [i64; 9] = [0, 1, 3, 1 << 20, i64::MAX, -1, -4, -4096, i64::MIN];
        let memories = [Same(0, 4096), Same(0xFF, 4096), Same(1, 4096), Same(0x7F, 12), Same(0, 0)];
        for number in (0..500).chain([u64::MAX]) {
            for first in 0..GARBAGE.len() {
                let registers = std::array::from_fn(|i| GARBAGE[(first * (i + 1) + i) % GARBAGE.len()]);
                for memory in &memories {
                    let entered = Entered::new(number, registers, memory);
                    for result in RESULTS.into_iter().skip(first % 3).step_by(3) {
                        let (args, _) = entered.finished(memory, result);
                        assert!(
                            args.len() >= entered.args().len() && args.concat().len() < MOST,
                            "{entered:?}"
                        );
                    }
                }
            }
        }
    }

    fn result(call: &str, result: i64) -> String {
        let number = call.parse::<Sysno>().unwrap().id() as u64;
        Entered::new(number, [0; 6], &Same(0, 0)).finished(&Same(0, 0), result).1
    }

    #[test]
    fn a_call_that_a_signal_has_broken_off_says_so() {
        assert_eq!(result("accept", -4), "-1 EINTR (Interrupted system call)");
        assert_eq!(result("accept", -512), "? ERESTARTSYS (To be restarted if SA_RESTART is set)");
        assert_eq!(result("accept", -513), "? ERESTARTNOINTR (To be restarted)");
        assert_eq!(result("pause", -514), "? ERESTARTNOHAND (To be restarted if no handler)");
        assert_eq!(result("nanosleep", -516), "? ERESTART_RESTARTBLOCK (Interrupted by signal)");
        assert_eq!(result("read", -600), "-1 (errno 600)");
    }

    #[test]
    fn an_unfinished_call_shows_what_is_known() {
        let args = |call: &str| {
            let number = call.parse::<Sysno>().unwrap().id() as u64;
            Entered::new(number, [3, 0, 0, 0, 0, 0], &Same(0, 0)).args()
        };
        assert_eq!(args("accept"), ["3"]);
        assert_eq!(args("read"), ["3"]);
        assert_eq!(args("write"), ["3", "NULL", "0"]);
        assert_eq!(args("exit_group"), ["3"]);
    }

    /// All of these strings are too long, and there is no end of them.
    #[test]
    fn a_call_reads_no_more_than_it_may() {
        let memory = Same(b'a', MOST);
        let execve = Entered::new(Sysno::execve.id() as u64, [0, 8, 8, 0, 0, 0], &memory);
        assert_eq!(execve.args(), ["NULL", "0x8", "0x8"]);
        let writev = Entered::new(Sysno::writev.id() as u64, [1, 8, 1024, 0, 0, 0], &memory).args().concat();
        assert!(writev.len() < 3 * MOST);
    }

    #[test]
    fn a_string_that_is_too_long_is_cut() {
        let write = Sysno::write.id() as u64;
        let args = Entered::new(write, [1, 8, 1 << 40, 0, 0, 0], &Same(b'a', MOST)).args();
        assert_eq!(args[1], format!("\"{}\"...", "a".repeat(MOST)));
    }
}
