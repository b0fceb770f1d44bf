//! The line of source from which a program makes the system call in which it is stopped.
//!
//! The stack is unwound by what the compiler wrote into `.eh_frame`, and by nothing else: no frame pointers, no guesses. Where
//! that ends, so does the answer. A line that cannot be had is none; a wrong one would be worse.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::c_void;
use std::fs::{self, File, Metadata};
use std::io::Read as _;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;
use std::{env, io};

use addr2line::Context;
use gimli::{
    BaseAddresses, CfaRule, Dwarf, EhFrame, EhFrameHdr, EndianArcSlice, ParsedEhFrameHdr, Reader as _,
    Register, RegisterRule, RunTimeEndian, SectionId, Unit, UnwindContext, UnwindSection as _, Vendor,
};
use nix::sys::ptrace;
use nix::unistd::Pid;
use object::elf::{FileHeader64, PF_X};
use object::read::elf::ElfFile;
use object::{Endianness, Object as _, ObjectSection as _, ObjectSegment as _, SegmentFlags};
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
    /// None without debug information, if no own frame is on the stack, or if that is uncertain: a source that is newer than
    /// the executable, a frame that does not say where it was called from. The line is none where it is uncertain.
    /// `pid` is a process or thread that this thread traces and that stands at a system call.
    pub fn place(&mut self, pid: Pid) -> Option<(PathBuf, Option<usize>)> {
        let text = self.text(pid)?;
        let process = Process::new(pid.as_raw()).ok()?;
        let (program, maps) = (process.exe().ok()?, process.maps().ok()?);
        // It may have been replaced between these two looks.
        let is_program = |path: &Path| undeleted(path) == undeleted(&program);
        let mut frame = Frame::innermost(pid)?;
        for depth in 0..DEEPEST {
            // What has called is the instruction before the one that comes next; it may be the last of its line, or of its
            // function. So is the instruction that enters the kernel.
            let pc = frame.pc.checked_sub(1)?;
            let map = maps.iter().find(|map| (map.address.0..map.address.1).contains(&pc))?;
            let MMapPath::Path(path) = &map.pathname else { return None };
            let image = self.image(pid, path, is_program(path))?;
            let address = image.address(map, pc)?;
            if is_program(path)
                && let Some((file, line)) = text.own_frame(address).ok()?
            {
                // A function of its own that has made the call by a jump, as the last that it did, has left no frame.
                let called = if depth == 0 { None } else { called(pid, &frame, address) };
                let left = called.is_some_and(|function| !matches!(text.own_frame(function), Ok(None)));
                return Some((file, line.filter(|_| !left)));
            }
            frame = image.caller(&frame, address, pid)?;
        }
        None
    }

    /// Has the executable any lines of its own: debug information whose files are on this machine?
    pub fn has_lines(&mut self, pid: Pid) -> bool {
        self.text(pid).is_some()
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
        } else if undeleted(path) != path.as_os_str().as_bytes() {
            return None;
        } else {
            Path::new(&format!("/proc/{pid}/root")).join(path.strip_prefix("/").ok()?)
        };
        let id = FileId::of(&fs::metadata(&path).ok()?);
        let read = || Some(Rc::new(Image::read(File::open(&path).ok()?).ok()?));
        self.images.entry(id).or_insert_with(read).clone()
    }
}

/// A file's path as it was before it was deleted or replaced: proc_pid_exe(5).
fn undeleted(path: &Path) -> &[u8] {
    let path = path.as_os_str().as_bytes();
    path.strip_suffix(b" (deleted)").unwrap_or(path)
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
type Elf<'a> = ElfFile<'a, FileHeader64<Endianness>>;

fn bytes(mut file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A section, as a copy; empty if there is none.
fn section(elf: &Elf<'_>, id: SectionId) -> Result<Bytes, Error> {
    let endian = if elf.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let data = match elf.section_by_name(id.name()) {
        Some(section) => section.uncompressed_data()?,
        None => Cow::default(),
    };
    Ok(Bytes::new(data.into(), endian))
}

// ---- Which line: the executable's debug information ----

/// The debug information of an executable that has lines of its own.
struct Text {
    context: Context<Bytes>,
    sources: Sources,
    /// The units with own files: nobody needs to read what the standard library's say.
    own: Vec<Part>,
}

impl Text {
    /// None if it has no own lines.
    fn read(file: File) -> Result<Option<Self>, Error> {
        let sources = Sources { built: file.metadata()?.modified()?, known: RefCell::default() };
        let bytes = bytes(file)?;
        let elf = Elf::parse(&*bytes)?;
        if elf.section_by_name(SectionId::DebugInfo.name()).is_none() {
            return Ok(None);
        }
        let dwarf = Dwarf::load(|id| section(&elf, id))?;
        let own = own_units(&dwarf, &sources)?;
        if own.is_empty() {
            return Ok(None);
        }
        Ok(Some(Text { context: Context::from_dwarf(dwarf)?, sources, own }))
    }

    /// The innermost own frame of those that stand at an address, which are several where calls are inlined. The line is none
    /// if the compiler has not said it.
    fn own_frame(&self, address: u64) -> Result<Option<(PathBuf, Option<usize>)>, Error> {
        let Some(part) = self.own.iter().find(|part| part.addresses.contains(&address)) else {
            return Ok(None);
        };
        let mut frames = self.context.find_frames(address).skip_all_loads()?;
        while let Some(frame) = frames.next()? {
            let location = frame.location.ok_or("a frame without a place")?;
            let file = location.file.ok_or("a frame without a file")?;
            if let Some(path) = self.sources.own(Path::new(file))? {
                let line = location.line.map(|line| line as usize);
                let sure = |line: &usize| !part.merged || is_unique(&path, *line);
                return Ok(Some((path.clone(), line.filter(sure))));
            }
            if frame.function.is_none() {
                return Err("a line of nobody's: what it is inlined in is unknown".into());
            }
        }
        Ok(None)
    }
}

/// A part of the program's text.
struct Part {
    addresses: Range<u64>,
    /// Its compiler makes one of two equal ends of branches, and gives it the line of either: [`merges`].
    merged: bool,
}

/// The units that name a file of the program's own.
fn own_units(dwarf: &Dwarf<Bytes>, sources: &Sources) -> Result<Vec<Part>, Error> {
    let mut own = Vec::new();
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        let unit = dwarf.unit(header)?;
        if !names_own_file(dwarf, &unit, sources)? {
            continue;
        }
        let root = unit.entry(unit.header.root_offset())?;
        let merged = match root.attr_value(gimli::DW_AT_producer) {
            Some(producer) => merges(&dwarf.attr_string(&unit, producer)?.to_string_lossy()?),
            None => true,
        };
        let mut ranges = dwarf.unit_ranges(&unit)?;
        while let Some(range) = ranges.next()? {
            own.push(Part { addresses: range.begin..range.end, merged });
        }
    }
    Ok(own)
}

/// Does a compiler that calls itself so, with its options, make one of two equal ends? LLVM does too, but says then that the
/// line is unknown.
fn merges(producer: &str) -> bool {
    let has = |options: &[&str]| producer.split(' ').filter(|word| options.contains(word)).count();
    let optimised = has(&["-O2", "-O3", "-Os", "-Oz", "-Ofast"]) > 0;
    producer.starts_with("GNU") && optimised && has(&["-fno-crossjumping", "-fno-tree-tail-merge"]) < 2
}

/// Does a file say on one line alone what it says there, be it after an `if` or an `else`?
fn is_unique(file: &Path, line: usize) -> bool {
    let words = |line: &str| -> String {
        let code = line.split("//").next().unwrap_or_default();
        code.chars().filter(|c| !c.is_whitespace() && *c != ';').collect()
    };
    let Ok(text) = fs::read_to_string(file) else { return false };
    let Some(this) = text.lines().nth(line.wrapping_sub(1)).map(words) else { return false };
    let mut others = text.lines().enumerate().filter(|(n, _)| n + 1 != line).map(|(_, other)| words(other));
    !others.any(|other| other.ends_with(&this) || (other.contains('(') && this.ends_with(&other)))
}

fn names_own_file(dwarf: &Dwarf<Bytes>, unit: &Unit<Bytes>, sources: &Sources) -> Result<bool, Error> {
    let Some(program) = &unit.line_program else { return Ok(false) };
    let text = |value| dwarf.attr_string(unit, value)?.to_string_lossy().map(Cow::into_owned);
    let root = match &unit.comp_dir {
        Some(folder) => PathBuf::from(&*folder.to_string_lossy()?),
        None => PathBuf::new(),
    };
    if is_library(&root) {
        return Ok(false);
    }
    for file in program.header().file_names() {
        let folder = match file.directory(program.header()) {
            Some(folder) => root.join(text(folder)?),
            None => root.clone(),
        };
        if sources.own(&folder.join(text(file.path_name())?))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The files that debug information names.
struct Sources {
    /// When the executable was written.
    built: SystemTime,
    /// Each that has been looked for; its path if it is the program's own.
    known: RefCell<HashMap<PathBuf, Option<PathBuf>>>,
}

impl Sources {
    /// Where a file is, if it is the program's own. An error if it is not the text any more that the executable was built from.
    fn own(&self, file: &Path) -> Result<Option<PathBuf>, Error> {
        let known = self.known.borrow().get(file).cloned();
        let path = known.unwrap_or_else(|| {
            let path = if is_library(file) || file.is_relative() { None } else { file.canonicalize().ok() };
            let path = path.filter(|path| !is_library(path) && path.is_file());
            self.known.borrow_mut().insert(file.to_path_buf(), path.clone());
            path
        });
        if let Some(path) = &path
            && File::open(path)?.metadata()?.modified()? > self.built
        {
            return Err(format!("{} is newer than the executable", path.display()).into());
        }
        Ok(path)
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
    /// Where in it which address is; linkers leave it out of static executables.
    index: Option<ParsedEhFrameHdr<Bytes>>,
    bases: BaseAddresses,
}

impl Image {
    fn read(file: File) -> Result<Self, Error> {
        let bytes = bytes(file)?;
        let elf = Elf::parse(&*bytes)?;
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
        let index = EhFrameHdr::from(section(&elf, SectionId::EhFrameHdr)?).parse(&bases, 8).ok();
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
        let at = pc.checked_sub(map.address.0)?.checked_add(map.offset)?;
        let segment = self
            .segments
            .iter()
            .find(|(offset, len, _)| (*offset..offset.saturating_add(*len)).contains(&at));
        segment.map(|(offset, _, address)| address.wrapping_add(at - offset))
    }

    /// The frame that has called this one, in which `address` is what is being done.
    fn caller(&self, frame: &Frame, address: u64, pid: Pid) -> Option<Frame> {
        let (eh_frame, bases) = (&self.eh_frame, &self.bases);
        let fde = match self.index.as_ref().and_then(ParsedEhFrameHdr::table) {
            Some(table) => table.fde_for_address(eh_frame, bases, address, EhFrame::cie_from_offset),
            None => eh_frame.fde_for_address(bases, address, EhFrame::cie_from_offset),
        };
        let fde = fde.ok()?;
        let mut context = UnwindContext::new();
        let row = fde.unwind_info_for_address(eh_frame, bases, &mut context, address).ok()?;

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

/// The address at which the function was linked that a frame has called, if the call names it. `address` is that of the last byte
/// of the call.
#[cfg(target_arch = "x86_64")]
fn called(pid: Pid, frame: &Frame, address: u64) -> Option<u64> {
    let [.., opcode, a, b, c, d] = word(pid, frame.pc.checked_sub(8)?)?.to_le_bytes();
    let distance = i64::from(i32::from_le_bytes([a, b, c, d]));
    (opcode == 0xe8).then(|| address.wrapping_add(1).wrapping_add_signed(distance)) // call rel32
}

#[cfg(target_arch = "aarch64")]
fn called(pid: Pid, frame: &Frame, address: u64) -> Option<u64> {
    let instruction = word(pid, frame.pc.checked_sub(4)?)? as u32;
    let distance = i64::from((instruction << 6).cast_signed() >> 6) * 4;
    (instruction >> 26 == 0b10_0101).then(|| address.wrapping_sub(3).wrapping_add_signed(distance)) // bl
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_replaced_between_two_looks_is_the_same() {
        assert_eq!(undeleted(Path::new("/tmp/a b")), undeleted(Path::new("/tmp/a b (deleted)")));
        assert_ne!(undeleted(Path::new("/tmp/a")), undeleted(Path::new("/tmp/b (deleted)")));
    }
}
