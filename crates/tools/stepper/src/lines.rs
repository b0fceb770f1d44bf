//! The line of source from which a program makes the system call in which it is stopped.
//!
//! The stack is unwound by what the compiler wrote into `.eh_frame`, and by nothing else: no frame pointers, no guesses. Where
//! that ends, so does the answer. A line that cannot be had is none; a wrong one would be worse.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::c_void;
use std::fs::{self, File, Metadata};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;
use std::{env, io};

use addr2line::Context;
use gimli::{
    BaseAddresses, CfaRule, Dwarf, EhFrame, EhFrameHdr, EndianArcSlice, ParsedEhFrameHdr, Reader as _,
    Register, RegisterRule, RunTimeEndian, SectionId, UnwindContext, UnwindSection as _, Vendor,
};
use nix::sys::ptrace;
use nix::unistd::Pid;
use object::elf::{FileHeader64, PF_X};
use object::read::elf::ElfFile;
use object::{
    Endianness, Object as _, ObjectSection as _, ObjectSegment as _, ReadCache, ReadCacheOps, SegmentFlags,
};
use procfs::process::{MMPermissions, MMapPath, MemoryMap, Process};

/// How many frames a call may be below the program's own text.
const DEEPEST: usize = 256;

/// Finds the line of a program's own text that makes the call in which a stopped process is.
///
/// What it has read of an executable or a library it keeps, for all processes that have it and as long as the file stays
/// what it is. It keeps nothing of a process, whose mappings may be others at the next stop.
#[derive(Default)]
pub struct Lines {
    texts: HashMap<FileId, Option<Rc<Text>>>,
    images: HashMap<FileId, Option<Rc<Image>>>,
}

impl Lines {
    /// One that knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The innermost frame in the program's own text: the absolute path of its file, and the line.
    ///
    /// None without debug information, if no own frame is on the stack, or if anything about it is uncertain: an unknown
    /// line, a source that is newer than the executable, a frame that does not say where it was called from.
    /// `pid` is a process or thread that this thread traces and that stands at a system call.
    pub fn place(&mut self, pid: Pid) -> Option<(PathBuf, usize)> {
        let text = self.text(pid)?;
        let process = Process::new(pid.as_raw()).ok()?;
        let program = process.exe().ok()?;
        let maps = process.maps().ok()?;
        let mut frame = Frame::innermost(pid)?;
        for _ in 0..DEEPEST {
            // What has called is the instruction before the one that comes next; it may be the last of its line, or of its
            // function. So is the instruction that enters the kernel.
            let pc = frame.pc.checked_sub(1)?;
            let map = maps.iter().find(|map| (map.address.0..map.address.1).contains(&pc))?;
            let MMapPath::Path(path) = &map.pathname else { return None };
            let image = self.image(pid, path, *path == program)?;
            let address = image.address(map, pc)?;
            if *path == program
                && let Some((file, line)) = text.own_frame(address).ok()?
            {
                return Some((file, line?));
            }
            frame = image.caller(&frame, address, pid)?;
        }
        None
    }

    /// Has the executable any lines of its own: debug information whose files are on this machine?
    pub fn has_lines(&mut self, pid: Pid) -> bool {
        self.text(pid).is_some_and(|text| text.has_own_file().unwrap_or(false))
    }

    fn text(&mut self, pid: Pid) -> Option<Rc<Text>> {
        let file = File::open(executable(pid)).ok()?;
        let id = FileId::of(&file.metadata().ok()?);
        self.texts.entry(id).or_insert_with(|| Text::read(file).ok().flatten().map(Rc::new)).clone()
    }

    fn image(&mut self, pid: Pid, path: &Path, is_program: bool) -> Option<Rc<Image>> {
        // The program's file can be had even if it has been deleted. Of a library that has been replaced, the path may lead
        // to another one.
        let path = if is_program {
            executable(pid)
        } else if path.as_os_str().as_bytes().ends_with(b" (deleted)") {
            return None;
        } else {
            Path::new(&format!("/proc/{pid}/root")).join(path.strip_prefix("/").ok()?)
        };
        let id = FileId::of(&fs::metadata(&path).ok()?);
        let read = || Some(Rc::new(Image::read(File::open(&path).ok()?).ok()?));
        self.images.entry(id).or_insert_with(read).clone()
    }
}

fn executable(pid: Pid) -> PathBuf {
    format!("/proc/{pid}/exe").into()
}

/// A file as it is now: one that is written anew is another.
#[derive(PartialEq, Eq, Hash)]
struct FileId {
    place: (u64, u64),
    len: u64,
    modified: (i64, i64),
}

impl FileId {
    fn of(file: &Metadata) -> Self {
        FileId {
            place: (file.dev(), file.ino()),
            len: file.len(),
            modified: (file.mtime(), file.mtime_nsec()),
        }
    }
}

type Error = Box<dyn std::error::Error>;
type Bytes = EndianArcSlice<RunTimeEndian>;
type Elf<'a, R> = ElfFile<'a, FileHeader64<Endianness>, &'a ReadCache<R>>;

/// The bytes of a section; empty if there is none.
fn section<R: ReadCacheOps>(elf: &Elf<'_, R>, id: SectionId) -> object::Result<Bytes> {
    let data = match elf.section_by_name(id.name()) {
        Some(section) => section.uncompressed_data()?,
        None => (&[]).into(),
    };
    let endian = if elf.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    Ok(Bytes::new(Arc::from(data), endian))
}

// ---- Which line: the executable's debug information ----

/// The debug information of an executable.
struct Text {
    context: Context<Bytes>,
    dwarf: Arc<Dwarf<Bytes>>,
    built: SystemTime,
    /// Each file that the debug information names; its path if it is the program's own.
    files: RefCell<HashMap<PathBuf, Option<PathBuf>>>,
}

impl Text {
    /// None if it has none.
    fn read(file: File) -> Result<Option<Self>, Error> {
        let built = file.metadata()?.modified()?;
        let cache = ReadCache::new(file);
        let elf = Elf::parse(&cache)?;
        if elf.section_by_name(SectionId::DebugInfo.name()).is_none() {
            return Ok(None);
        }
        let dwarf = Arc::new(Dwarf::load(|id| section(&elf, id))?);
        let context = Context::from_arc_dwarf(Arc::clone(&dwarf))?;
        Ok(Some(Text { context, dwarf, built, files: RefCell::default() }))
    }

    /// The innermost own frame of those that stand at an address, which are several where calls are inlined. The line is none
    /// if the compiler has not said it.
    fn own_frame(&self, address: u64) -> Result<Option<(PathBuf, Option<usize>)>, Error> {
        let mut frames = self.context.find_frames(address).skip_all_loads()?;
        while let Some(frame) = frames.next()? {
            let location = frame.location.ok_or("a frame without a place")?;
            let file = location.file.ok_or("a frame without a file")?;
            if let Some(path) = self.own(Path::new(file)) {
                return Ok(Some((path, location.line.map(|line| line as usize))));
            }
            if frame.function.is_none() {
                return Err("a line of nobody's: what it is inlined in is unknown".into());
            }
        }
        Ok(None)
    }

    fn has_own_file(&self) -> Result<bool, gimli::Error> {
        let mut units = self.dwarf.units();
        while let Some(header) = units.next()? {
            let unit = self.dwarf.unit(header)?;
            let Some(program) = &unit.line_program else { continue };
            let text = |value| self.dwarf.attr_string(&unit, value)?.to_string_lossy().map(Cow::into_owned);
            let root = match &unit.comp_dir {
                Some(folder) => PathBuf::from(&*folder.to_string_lossy()?),
                None => PathBuf::new(),
            };
            for file in program.header().file_names() {
                let folder = match file.directory(program.header()) {
                    Some(folder) => root.join(text(folder)?),
                    None => root.clone(),
                };
                if self.own(&folder.join(text(file.path_name())?)).is_some() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Where a file is, if it is the program's own and the text that the executable was built from.
    fn own(&self, file: &Path) -> Option<PathBuf> {
        if let Some(known) = self.files.borrow().get(file) {
            return known.clone();
        }
        let found = if is_library(file) { None } else { self.find(file).ok().flatten() };
        self.files.borrow_mut().insert(file.to_path_buf(), found.clone());
        found
    }

    fn find(&self, file: &Path) -> io::Result<Option<PathBuf>> {
        if file.is_relative() {
            return Ok(None);
        }
        let path = file.canonicalize()?;
        let source = File::open(&path)?.metadata()?;
        let same = source.is_file() && source.modified()? <= self.built;
        Ok((same && !is_library(&path)).then_some(path))
    }
}

/// Is a source file of a library: from a registry, of the compiler's, the system's, or the lecture programs' own?
fn is_library(file: &Path) -> bool {
    let cargo = env::var_os("CARGO_HOME").map(PathBuf::from);
    let text = file.to_string_lossy();
    file.starts_with("/usr")
        || file.starts_with("/rustc")
        || cargo.is_some_and(|cargo| {
            file.starts_with(cargo.join("registry")) || file.starts_with(cargo.join("git"))
        })
        || ["/.cargo/registry/", "/.cargo/git/", "/lib/rustlib/", "/sockcommon/"]
            .iter()
            .any(|part| text.contains(part))
}

// ---- Which call: the stack ----

/// What is needed of an executable or a library to unwind its frames.
struct Image {
    /// Of what is executable of it: offset and length in the file, and the address at which it was linked. These differ, and
    /// by another number in each segment.
    segments: Vec<(u64, u64, u64)>,
    eh_frame: EhFrame<Bytes>,
    index: ParsedEhFrameHdr<Bytes>,
    bases: BaseAddresses,
}

impl Image {
    fn read(file: File) -> Result<Self, Error> {
        let cache = ReadCache::new(file);
        let elf = Elf::parse(&cache)?;
        let is_code = |flags| matches!(flags, SegmentFlags::Elf { p_flags, .. } if p_flags.contains(PF_X));
        let segments = elf.segments().filter(|segment| is_code(segment.flags())).map(|segment| {
            let (offset, len) = segment.file_range();
            (offset, len, segment.address())
        });
        let address = |name| elf.section_by_name(name).map_or(0, |section| section.address());
        let bases = BaseAddresses::default()
            .set_eh_frame_hdr(address(".eh_frame_hdr"))
            .set_eh_frame(address(".eh_frame"))
            .set_text(address(".text"))
            .set_got(address(".got"));
        let index = EhFrameHdr::from(section(&elf, SectionId::EhFrameHdr)?).parse(&bases, 8)?;
        let mut eh_frame = EhFrame::from(section(&elf, SectionId::EhFrame)?);
        if cfg!(target_arch = "aarch64") {
            eh_frame.set_vendor(Vendor::AArch64); // addresses may be signed
        }
        Ok(Image { segments: segments.collect(), eh_frame, index, bases })
    }

    /// The address at which an instruction was linked.
    fn address(&self, map: &MemoryMap, pc: u64) -> Option<u64> {
        if !map.perms.contains(MMPermissions::EXECUTE) {
            return None;
        }
        let at = pc - map.address.0 + map.offset;
        let segment = self.segments.iter().find(|(offset, len, _)| (*offset..offset + len).contains(&at));
        segment.map(|(offset, _, address)| at - offset + address)
    }

    /// The frame that has called this one, in which `address` is what is being done.
    fn caller(&self, frame: &Frame, address: u64, pid: Pid) -> Option<Frame> {
        let table = self.index.table()?;
        let fde =
            table.fde_for_address(&self.eh_frame, &self.bases, address, EhFrame::cie_from_offset).ok()?;
        let mut context = UnwindContext::new();
        let row = fde.unwind_info_for_address(&self.eh_frame, &self.bases, &mut context, address).ok()?;

        // The kernel's own frames for signals and the linker's stubs have expressions. Nobody's call is made from there.
        let CfaRule::RegisterAndOffset { register, offset } = row.cfa() else { return None };
        let cfa = frame.register(*register)?.wrapping_add_signed(*offset);
        let mut caller = frame.clone();
        caller.set(STACK_POINTER, Some(cfa));
        for (register, rule) in row.registers() {
            let value = match rule {
                RegisterRule::SameValue => frame.register(*register),
                RegisterRule::Register(other) => frame.register(*other),
                RegisterRule::Offset(offset) => word(pid, cfa.wrapping_add_signed(*offset)),
                RegisterRule::ValOffset(offset) => Some(cfa.wrapping_add_signed(*offset)),
                _ => None,
            };
            caller.set(*register, value);
        }
        // What a register holds of it is the way back from this frame, never from the caller's.
        let back = fde.cie().return_address_register();
        caller.pc = caller.register(back)? & CODE;
        caller.set(back, None);
        Some(caller)
    }
}

/// A word of the process's memory.
fn word(pid: Pid, address: u64) -> Option<u64> {
    ptrace::read(pid, address as *mut c_void).ok().map(i64::cast_unsigned)
}

/// The registers of a frame, as far as they are known, by DWARF's numbers.
#[derive(Clone)]
struct Frame {
    registers: [Option<u64>; 33],
    /// The instruction that comes next.
    pc: u64,
}

impl Frame {
    #[cfg(target_arch = "x86_64")]
    fn innermost(pid: Pid) -> Option<Self> {
        let r = ptrace::getregs(pid).ok()?;
        let mut registers = [None; 33];
        let known = [
            r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8, r.r9, r.r10, r.r11, r.r12, r.r13,
            r.r14, r.r15,
        ];
        for (register, value) in registers.iter_mut().zip(known) {
            *register = Some(value);
        }
        Some(Frame { registers, pc: r.rip })
    }

    #[cfg(target_arch = "aarch64")]
    fn innermost(pid: Pid) -> Option<Self> {
        let r = ptrace::getregs(pid).ok()?;
        let mut registers = [None; 33];
        for (register, value) in registers.iter_mut().zip(r.regs.into_iter().chain([r.sp])) {
            *register = Some(value);
        }
        Some(Frame { registers, pc: r.pc })
    }

    fn register(&self, register: Register) -> Option<u64> {
        self.registers.get(usize::from(register.0)).copied().flatten()
    }

    fn set(&mut self, register: Register, value: Option<u64>) {
        if let Some(place) = self.registers.get_mut(usize::from(register.0)) {
            *place = value;
        }
    }
}

#[cfg(target_arch = "x86_64")]
const STACK_POINTER: Register = gimli::X86_64::RSP;
#[cfg(target_arch = "aarch64")]
const STACK_POINTER: Register = gimli::AArch64::SP;

/// The bits of an address of code; on ARM, those above may sign it.
#[cfg(target_arch = "x86_64")]
const CODE: u64 = u64::MAX;
#[cfg(target_arch = "aarch64")]
const CODE: u64 = (1 << 48) - 1;
