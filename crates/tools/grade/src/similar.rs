//! Similar submissions, by pairs: a hint to look, not a verdict.
//!
//! A source file becomes tokens, in which names and the values of literals are forgotten and comments and white space are
//! gone. Every [`K`] tokens in a row are hashed, and of every [`WINDOW`] hashes in a row the least is kept: winnowing
//! (Schleimer, Wilkerson, Aiken: "Winnowing: Local Algorithms for Document Fingerprinting", SIGMOD 2003), which finds
//! whatever two files share if it is at least `K + WINDOW - 1` tokens long. Of binaries, the instructions are compared, all or none.
//!
//! The tokens are found here and not by a parser of each language: a parser needs a grammar a language, and a file that says
//! truly which one it is written in. How well it does is measured (`lab-notes/similar.md`).

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::Path;
use std::process::Command;
use std::{fmt, fs, io, iter};

use object::{Object as _, ObjectSegment as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::submission::{MOST, is_copied, said};
use crate::unpack::{is_archive, unpack};

/// Tokens in one hash.
pub const K: usize = 12;
/// Hashes of which one is kept.
pub const WINDOW: usize = 5;
/// From so many submissions on, what more than half of them have is the task's and nobody's own.
pub const CLASS: usize = 8;
/// Fewer fingerprints in common than this say nothing: ten lines of a short program are the same by themselves.
pub const FEWEST: usize = 24;
/// Listed are pairs that share at least this part of the smaller one, as a fraction. In the labs that it was chosen on, no
/// innocent pair that shares [`FEWEST`] comes nearer to it than a tenth (`tests/similar.rs`).
pub const NEAR: f64 = 0.65;

const SOURCES: [&str; 17] = [
    "c", "h", "cc", "cpp", "cxx", "hpp", "rs", "py", "go", "java", "kt", "js", "ts", "sh", "pl", "rb",
    "swift",
];

/// One hash that was kept, and where the tokens stand that it was made of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "(u32, usize, usize, usize)", into = "(u32, usize, usize, usize)")]
pub struct Print {
    /// Of the tokens.
    pub hash: u32,
    /// Which of the submission's files, by its place among them.
    pub file: usize,
    /// The first token's line, from 1; of a binary 0.
    pub first: usize,
    /// The last token's line.
    pub last: usize,
}

impl From<(u32, usize, usize, usize)> for Print {
    fn from((hash, file, first, last): (u32, usize, usize, usize)) -> Self {
        Print { hash, file, first, last }
    }
}

impl From<Print> for (u32, usize, usize, usize) {
    fn from(print: Print) -> Self {
        (print.hash, print.file, print.first, print.last)
    }
}

/// What was kept of a submission, each hash once, where it comes first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prints {
    /// The files that were read, as they are called in the submission.
    pub files: Vec<String>,
    /// In the order of the files and of the lines.
    pub prints: Vec<Print>,
}

impl Prints {
    /// The hashes alone.
    #[must_use]
    pub fn hashes(&self) -> BTreeSet<u32> {
        self.prints.iter().map(|print| print.hash).collect()
    }

    /// Leaves out what others have too.
    pub fn forget(&mut self, others: impl Fn(u32) -> bool) {
        self.prints.retain(|print| !others(print.hash));
    }
}

/// What is compared of one submission.
#[derive(Clone, Debug, Default)]
pub struct Submission {
    /// Whose it is.
    pub student: String,
    /// Equal where every byte is.
    pub digest: String,
    /// What [`fingerprints`] found.
    pub prints: Prints,
}

/// Two submissions that look alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Two students, in the order of the class.
    pub students: [String; 2],
    /// Byte for byte the same.
    pub identical: bool,
    /// Shared fingerprints among all of both, 0 to 1 (Jaccard).
    pub jaccard: f64,
    /// Shared fingerprints among those of the smaller, 0 to 1 (containment).
    pub containment: f64,
    /// How many they share.
    pub shared: usize,
    /// Where the longest part is that both have, in each of them.
    pub longest: Option<[Place; 2]>,
}

/// Some lines of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// As it is called in the submission.
    pub file: String,
    /// The first line, from 1; of a binary 0.
    pub first: usize,
    /// The last line.
    pub last: usize,
}

impl fmt::Display for Place {
    /// Writes it as compilers do: `main.c:10-24`.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.first > 0 { write!(f, ":{}-{}", self.first, self.last) } else { Ok(()) }
    }
}

/// The fingerprints of a submission: of all files in it that may be copied into the sandbox, for what includes what nobody knows.
/// Links are not followed. Of archives one is unpacked, as it is when it is graded.
pub fn fingerprints(submission: &Path) -> io::Result<Prints> {
    let mut found = Prints::default();
    let mut seen = BTreeSet::new();
    // Of more there are no marks.
    let mut room = MOST.bytes;
    let mut unpacked = None;
    let mut rest = vec![submission.to_path_buf()];
    while let Some(path) = rest.pop() {
        let file = fs::symlink_metadata(&path)?;
        let archive = file.is_file() && is_archive(&path.to_string_lossy());
        if archive && unpacked.is_none() {
            let folder = unpacked.insert(tempfile::tempdir()?);
            // What is no archive, or too large a one, is a file like any other.
            let inside = unpack(&path, folder.path(), &MOST).map(|_| folder.path());
            rest.push(inside.map_or(path, Path::to_path_buf));
        } else if file.is_dir() {
            let cargo = path.join("Cargo.toml").exists();
            let names: io::Result<BTreeSet<_>> =
                fs::read_dir(&path)?.map(|entry| Ok(entry?.file_name())).collect();
            rest.extend(
                names?.iter().rev().filter(|name| is_copied(name, cargo)).map(|name| path.join(name)),
            );
        } else if file.is_file() && file.len() <= room {
            room -= file.len();
            let bytes = fs::read(&path)?;
            let prints = code(&bytes).unwrap_or_else(|| {
                let source = is_source(&path) || path == submission || bytes.starts_with(b"#!");
                let reading = if has_ending(&path, "rs") { Reading::Rust } else { Reading::Other };
                prints_of(&String::from_utf8_lossy(&bytes), reading, source)
            });
            let number = found.files.len();
            let new = prints.into_iter().filter(|print| seen.insert(print.hash));
            found.prints.extend(new.map(|print| Print { file: number, ..print }));
            let roots = [Some(submission), unpacked.as_ref().map(TempDir::path)];
            let mut inside = roots.into_iter().flatten().filter_map(|root| path.strip_prefix(root).ok());
            let inside = inside.next().filter(|inside| !inside.as_os_str().is_empty());
            let name = inside.map(Path::as_os_str).or(path.file_name()).unwrap_or_default();
            found.files.push(name.to_string_lossy().into_owned());
        }
    }
    Ok(found)
}

/// The hashes of what all students of a lab have: its starters, the slides' program and sockcommon.
pub fn given_to_all(lab: &str) -> io::Result<BTreeSet<u32>> {
    let root = labkit::root();
    let folder = tempfile::tempdir()?;
    for lang in ["c", "rust"] {
        said(
            Command::new(root.join("scripts/new-lab"))
                .args([lab, "--lang", lang])
                .arg(folder.path().join(lang)),
        )?;
    }
    let mut given = fingerprints(folder.path())?.hashes();
    for all_have in [lab, "sockcommon"] {
        given.append(&mut fingerprints(&root.join("crates").join(all_have))?.hashes());
    }
    Ok(given)
}

/// The instructions of a binary, in as many fingerprints as a pair must share: they are those of a digest, so that two binaries
/// have all of them in common or none. None of what is no binary.
fn code(bytes: &[u8]) -> Option<Vec<Print>> {
    let file = object::File::parse(bytes).ok()?;
    let executable = file.segments().filter(|segment| segment.permissions().executable());
    let code: Vec<&[u8]> = executable.map(|segment| segment.data()).collect::<Result<_, _>>().ok()?;
    // An object file has none.
    if code.is_empty() {
        return Some(Vec::new());
    }
    let digest = format!("{:x?}", Sha256::digest(code.concat()));
    let hashes = (0..FEWEST).map(|number| hash(&[&digest, &number.to_string()]));
    Some(hashes.map(|hash| Print { hash, file: 0, first: 0, last: 0 }).collect())
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|its| its.eq_ignore_ascii_case(ending))
}

fn is_source(path: &Path) -> bool {
    SOURCES.iter().any(|source| has_ending(path, source))
}

/// The pairs that look alike, the nearest first.
#[must_use]
pub fn pairs(mut class: Vec<Submission>) -> Vec<Pair> {
    let mut owners: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (number, submission) in class.iter().enumerate() {
        for print in &submission.prints.prints {
            owners.entry(print.hash).or_default().push(number);
        }
    }
    if class.len() >= CLASS {
        owners.retain(|_, owners| 2 * owners.len() <= class.len());
        for submission in &mut class {
            submission.prints.forget(|hash| !owners.contains_key(&hash));
        }
    }
    // Of each two, in the row of the later.
    let mut shared = vec![vec![0; class.len()]; class.len()];
    for owners in owners.values() {
        for (at, one) in owners.iter().enumerate() {
            owners[at + 1..].iter().for_each(|other| shared[*other][*one] += 1);
        }
    }
    let mut pairs = Vec::new();
    for (number, (other, shared)) in iter::zip(&class, &shared).enumerate() {
        let there = other.prints.prints.iter().zip(0..).map(|(print, at)| (print.hash, at)).collect();
        let earlier = iter::zip(&class, shared).take(number);
        pairs.extend(earlier.filter_map(|(one, shared)| compare(one, other, *shared, &there)));
    }
    pairs
        .sort_by(|a: &Pair, b| b.containment.total_cmp(&a.containment).then(b.jaccard.total_cmp(&a.jaccard)));
    pairs.sort_by_key(|pair| !pair.identical);
    pairs
}

fn compare(one: &Submission, other: &Submission, shared: usize, there: &HashMap<u32, usize>) -> Option<Pair> {
    let identical = !one.digest.is_empty() && one.digest == other.digest;
    let [jaccard, containment] =
        if identical { [1.0; 2] } else { alike(shared, one.prints.prints.len(), other.prints.prints.len()) };
    let near = identical || shared >= FEWEST && containment >= NEAR;
    near.then(|| Pair {
        students: [one.student.clone(), other.student.clone()],
        identical,
        jaccard,
        containment,
        shared,
        longest: longest(&one.prints, &other.prints, there),
    })
}

/// Which part of both and which part of the smaller is shared.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "a submission has no 2^52 fingerprints")]
pub fn alike(shared: usize, one: usize, other: usize) -> [f64; 2] {
    [(one + other).saturating_sub(shared), one.min(other)].map(|of| shared as f64 / of.max(1) as f64)
}

/// The longest part that both have: most fingerprints in a row, in one file of each. `there` is where each is in the other.
fn longest(one: &Prints, other: &Prints, there: &HashMap<u32, usize>) -> Option<[Place; 2]> {
    // How many there are, and the first and last of them on both sides.
    let mut best: Option<(usize, [[Print; 2]; 2])> = None;
    let mut run: Option<(usize, [[Print; 2]; 2])> = None;
    let mut last = None;
    for &print in &one.prints {
        let at = there.get(&print.hash).copied();
        let twin = at.and_then(|at| other.prints.get(at)).copied();
        run = match (run, twin) {
            (Some((count, [[a, b], [c, d]])), Some(twin))
                if at == last.map(|last: usize| last + 1) && b.file == print.file && d.file == twin.file =>
            {
                Some((count + 1, [[a, print], [c, twin]]))
            }
            (_, Some(twin)) => Some((1, [[print; 2], [twin; 2]])),
            (_, None) => None,
        };
        last = at;
        if run.map_or(0, |(count, _)| count) > best.map_or(0, |(count, _)| count) {
            best = run;
        }
    }
    let place = |prints: &Prints, [first, last]: [Print; 2]| {
        Some(Place { file: prints.files.get(first.file)?.clone(), first: first.first, last: last.last })
    };
    let (_, [here, there]) = best?;
    Some([place(one, here)?, place(other, there)?])
}

/// What is kept of a text, in the order of its lines. What was passed over as a comment or a literal is read as well, and kept where
/// it looks like code: a quote or a `/*` that is none to its own language would hide all that follows it.
fn prints_of(text: &str, reading: Reading, source: bool) -> Vec<Print> {
    let mut hidden = Vec::new();
    let mut prints = winnow(tokens(text, reading, |passed, line| hidden.push((passed, line))), source);
    for (passed, line) in hidden {
        let tokens = tokens(passed, Reading::Hidden, |_, _| {}).map(|(token, at)| (token, line + at - 1));
        prints.extend(winnow(tokens, false));
    }
    prints.sort_by_key(|print| print.first);
    prints
}

/// The least hash of every [`WINDOW`] in a row; where it is not known to be a source, only of what looks like code.
fn winnow<'a>(tokens: impl Iterator<Item = (&'a str, usize)>, source: bool) -> Vec<Print> {
    let mut prints: Vec<Print> = Vec::new();
    let mut gram = VecDeque::with_capacity(K);
    let mut lines = VecDeque::with_capacity(K);
    let mut window: VecDeque<(Print, bool)> = VecDeque::with_capacity(WINDOW);
    let mut keep = |window: &VecDeque<(Print, bool)>| {
        if let Some((print, true)) = window.iter().min_by_key(|(print, _)| print.hash) {
            prints.push(*print);
        }
    };
    for (token, line) in tokens {
        if gram.len() == K {
            gram.pop_front();
            lines.pop_front();
        }
        gram.push_back(token);
        lines.push_back(line);
        if gram.len() < K {
            continue;
        }
        if window.len() == WINDOW {
            window.pop_front();
        }
        let gram = &*gram.make_contiguous();
        let first = lines.front().copied().unwrap_or_default();
        let print = Print { hash: hash(gram), file: 0, first, last: line };
        window.push_back((print, source || is_code(gram)));
        if window.len() == WINDOW {
            keep(&window);
        }
    }
    // Of a short one, all.
    keep(&window);
    prints
}

/// Prose and data have hardly a semicolon, and prose three names in a row.
fn is_code(gram: &[&str]) -> bool {
    gram.contains(&";") && !gram.windows(3).any(|three| three == ["i"; 3])
}

/// FNV-1a, the same everywhere and always.
fn hash(gram: &[&str]) -> u32 {
    let bytes = gram.iter().flat_map(|token| token.bytes().chain([b' ']));
    bytes.fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The words of C and of Rust that are no names.
const KEYWORDS: [&str; 59] = [
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum",
    "extern", "float", "for", "goto", "if", "int", "long", "register", "return", "short", "signed", "sizeof",
    "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "as", "async",
    "await", "dyn", "fn", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "trait",
    "type", "unsafe", "use", "where", "define", "include", "true", "false", "def", "import", "class",
];

/// What is left of a source file, and on which line: keywords and punctuation as they are, `i` for a name (`std::env::args` is
/// one), `n` and `s` for a number and a string or character of any value. Good enough for C, C++, Rust, Python, Java and what is
/// written like them; not exact where a macro plays with quotes. Of other languages it is wrong in the same way in every copy.
/// `hides` is told each comment and literal, without what it begins with.
fn tokens<'a>(
    source: &'a str,
    reading: Reading,
    mut hides: impl FnMut(&'a str, usize),
) -> impl Iterator<Item = (&'a str, usize)> {
    let mut rest = source;
    let mut line = 1;
    let next = move || {
        let (token, length) = token(rest, rest.chars().next()?, reading);
        let (passed, left) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if matches!(token, None | Some("s")) && length > K {
            hides(passed.trim_start_matches(['/', '*', '#', 'b', 'r', '"', '\'']), line);
        }
        let token = token.map(|token| (token, line));
        line += passed.matches('\n').count();
        rest = left;
        Some(token)
    };
    iter::from_fn(next).flatten()
}

/// How a text is read.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    /// With lifetimes, and strings of several lines.
    Rust,
    Other,
    /// As what was passed over: nothing in it is but a literal that ends on its line.
    Hidden,
}

/// The next token, if it is one, and how many bytes it takes.
fn token(rest: &str, first: char, reading: Reading) -> (Option<&str>, usize) {
    let until = |end: &str, from: usize| {
        rest.get(from..).and_then(|text| text.find(end)).map_or(rest.len(), |at| from + at + end.len())
    };
    // A compiler ignores a NUL.
    if first.is_whitespace() || first == '\0' {
        (None, first.len_utf8())
    } else if reading == Reading::Hidden {
        plain(rest, first, reading)
    } else if rest.starts_with("//") || first == '#' && !is_code_after_hash(&rest[1..]) {
        (None, until("\n", 1))
    } else if rest.starts_with("/*") {
        (None, until("*/", 2))
    } else if let Some(fence) = raw_string(rest) {
        (Some("s"), until(&format!("\"{}", "#".repeat(fence)), rest.find('"').unwrap_or(0) + 1))
    } else if let Some(quotes) = ["\"\"\"", "'''"].into_iter().find(|quotes| rest.starts_with(quotes)) {
        (Some("s"), until(quotes, 3))
    } else {
        plain(rest, first, reading)
    }
}

/// The same, where it is neither white space nor a comment, nor a literal of several lines.
fn plain(rest: &str, first: char, reading: Reading) -> (Option<&str>, usize) {
    if first == '"' {
        (Some("s"), quoted(rest, '"', reading))
    } else if first == '\'' {
        let mut next = rest[1..].chars();
        match (next.next(), next.next()) {
            // A lifetime.
            (Some(c), after) if reading == Reading::Rust && c != '\\' && after != Some('\'') => {
                (Some("'"), 1)
            }
            _ => (Some("s"), quoted(rest, '\'', reading)),
        }
    } else if first.is_ascii_digit() {
        // 1'000 is a number of C++.
        let separates = |at: usize| rest[at..].starts_with('\'') && rest[at + 1..].starts_with(is_word);
        let end = rest.char_indices().find(|(at, c)| !is_word(*c) && *c != '.' && !separates(*at));
        (Some("n"), end.map_or(rest.len(), |(at, _)| at))
    } else if is_word(first) {
        let length = name(rest);
        (KEYWORDS.into_iter().find(|keyword| *keyword == &rest[..length]).or(Some("i")), length)
    } else {
        (Some(&rest[..first.len_utf8()]), first.len_utf8())
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// How long the name is that begins here, with what it is found in.
fn name(rest: &str) -> usize {
    let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    match rest[length..].strip_prefix("::") {
        Some(after) if after.starts_with(is_word) => length + 2 + name(after),
        _ => length,
    }
}

/// A macro of C and an attribute of Rust are code. A comment of Python is not, and whatever else is written on a line of the
/// preprocessor everybody has.
fn is_code_after_hash(after: &str) -> bool {
    after.starts_with(['[', '!']) || after.trim_start_matches([' ', '\t']).starts_with("define")
}

/// How many `#` a raw string of Rust that begins here has around it.
fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix(['b', 'c']).unwrap_or(rest).strip_prefix('r')?;
    let body = after.trim_start_matches('#');
    body.starts_with('"').then(|| after.len() - body.len())
}

/// The length of a string or character with its quotes; a backslash hides what follows it. One that is not closed ends with its
/// line, but for Rust's strings.
fn quoted(rest: &str, quote: char, reading: Reading) -> usize {
    let mut hidden = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '\r' if hidden => {}
            _ if hidden => hidden = false,
            '\n' if reading != Reading::Rust || quote == '\'' => return at,
            '\\' => hidden = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    fn tokens(source: &str) -> Vec<&str> {
        super::tokens(source, super::Reading::Rust, |_, _| {}).map(|(token, _)| token).collect()
    }

    #[test]
    fn names_values_comments_and_spaces_are_forgotten() {
        let one = tokens("int s = socket(AF_INET, 1, 0); // mine\nchar c = '\\''; puts(\"a\\\"b\");");
        let other = tokens("int  sock=socket(PF_INET,0x7f,10L);/* his */char q='\"';printf(\"\");");
        assert_eq!(one, other);
        assert_eq!(one[..4], ["int", "i", "=", "i"]);
    }

    #[test]
    fn rust_lifetimes_and_raw_strings_end_where_they_should() {
        assert_eq!(tokens("fn f<'a>(x: &'a str) {}").last(), Some(&"}"));
        assert_eq!(tokens(r##"let s = r#"a " b"#; x"##), ["let", "i", "=", "s", ";", "i"]);
    }
}
