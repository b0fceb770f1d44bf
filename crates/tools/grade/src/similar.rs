//! Near-identical submissions, by pairs: a hint to look, not a verdict.
//!
//! A source file becomes tokens, in which names and the values of literals are forgotten and comments and white space are
//! gone. Every [`K`] tokens in a row are hashed, and of every [`WINDOW`] hashes in a row the least is kept: winnowing
//! (Schleimer, Wilkerson, Aiken: "Winnowing: Local Algorithms for Document Fingerprinting", SIGMOD 2003), which finds
//! whatever two files share if it is at least `K + WINDOW - 1` tokens long. Of binaries, the instructions are compared, all or none.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::process::Command;
use std::{fs, io, iter};

use object::{Object as _, ObjectSegment as _};
use sha2::{Digest as _, Sha256};

use crate::submission::{MOST_BYTES, is_copied, said};

/// Tokens in one hash.
pub const K: usize = 12;
/// Hashes of which one is kept.
pub const WINDOW: usize = 5;
/// From so many submissions on, what more than half of them have is the task's and nobody's own.
pub const CLASS: usize = 8;
/// Fewer fingerprints in common than this say nothing.
pub const FEWEST: usize = 8;
/// Listed are pairs that share at least this part of the smaller one, as a fraction.
pub const NEAR: f64 = 0.7;

const SOURCES: [&str; 17] = [
    "c", "h", "cc", "cpp", "cxx", "hpp", "rs", "py", "go", "java", "kt", "js", "ts", "sh", "pl", "rb",
    "swift",
];

/// What is compared of one submission.
#[derive(Clone, Debug, Default)]
pub struct Submission {
    /// Whose it is.
    pub student: String,
    /// Equal where every byte is.
    pub digest: String,
    /// What [`fingerprints`] found.
    pub fingerprints: BTreeSet<u32>,
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
}

/// The fingerprints of a submission: of all files in it that may be copied into the sandbox, for what includes what nobody knows.
/// Links are not followed.
pub fn fingerprints(submission: &Path) -> io::Result<BTreeSet<u32>> {
    let mut prints = BTreeSet::new();
    // Of more there are no marks.
    let mut room = MOST_BYTES;
    let mut rest = vec![submission.to_path_buf()];
    while let Some(path) = rest.pop() {
        let file = fs::symlink_metadata(&path)?;
        if file.is_dir() {
            let cargo = path.join("Cargo.toml").exists();
            for entry in fs::read_dir(&path)? {
                let name = entry?.file_name();
                if is_copied(&name, cargo) {
                    rest.push(path.join(name));
                }
            }
        } else if file.is_file() && file.len() <= room {
            room -= file.len();
            let bytes = fs::read(&path)?;
            if let Some(code) = code(&bytes) {
                prints.extend(code);
            } else {
                let source = is_source(&path) || path == submission || bytes.starts_with(b"#!");
                prints.extend(winnow(tokens(&String::from_utf8_lossy(&bytes)), source));
            }
        }
    }
    Ok(prints)
}

/// The fingerprints of what all students of a lab have: its starters, and sockcommon.
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
    let mut given = fingerprints(folder.path())?;
    given.append(&mut fingerprints(&root.join("crates/sockcommon"))?);
    Ok(given)
}

/// The instructions of a binary, in as many fingerprints as a pair must share: they are those of a digest, so that two binaries
/// have all of them in common or none. None of what is no binary.
fn code(bytes: &[u8]) -> Option<Vec<u32>> {
    let file = object::File::parse(bytes).ok()?;
    let executable = file.segments().filter(|segment| segment.permissions().executable());
    let code: Vec<&[u8]> = executable.map(|segment| segment.data()).collect::<Result<_, _>>().ok()?;
    // An object file has none.
    if code.is_empty() {
        return Some(Vec::new());
    }
    let digest = Sha256::digest(code.concat());
    let words: Vec<u32> = digest.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
    Some(words)
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|ending| SOURCES.iter().any(|source| ending.eq_ignore_ascii_case(source)))
}

/// The pairs that look alike, the nearest first.
#[must_use]
pub fn pairs(mut class: Vec<Submission>) -> Vec<Pair> {
    if class.len() >= CLASS {
        let mut owners: BTreeMap<u32, usize> = BTreeMap::new();
        for print in class.iter().flat_map(|submission| &submission.fingerprints) {
            *owners.entry(*print).or_default() += 1;
        }
        let common = |print: &u32| owners.get(print).is_some_and(|&owners| 2 * owners > class.len());
        let own = |submission: &Submission| {
            submission.fingerprints.iter().copied().filter(|p| !common(p)).collect()
        };
        let own: Vec<BTreeSet<u32>> = class.iter().map(own).collect();
        for (submission, own) in iter::zip(&mut class, own) {
            submission.fingerprints = own;
        }
    }
    let mut pairs = Vec::new();
    for (i, one) in class.iter().enumerate() {
        pairs.extend(class[i + 1..].iter().filter_map(|other| compare(one, other)));
    }
    pairs
        .sort_by(|a: &Pair, b| b.containment.total_cmp(&a.containment).then(b.jaccard.total_cmp(&a.jaccard)));
    pairs.sort_by_key(|pair| !pair.identical);
    pairs
}

#[allow(clippy::cast_precision_loss, reason = "a submission has no 2^52 fingerprints")]
fn compare(one: &Submission, other: &Submission) -> Option<Pair> {
    let identical = !one.digest.is_empty() && one.digest == other.digest;
    let shared = one.fingerprints.intersection(&other.fingerprints).count();
    let smaller = one.fingerprints.len().min(other.fingerprints.len());
    let all = one.fingerprints.len() + other.fingerprints.len() - shared;
    let part = |of: usize| if identical { 1.0 } else { shared as f64 / of.max(1) as f64 };
    let (jaccard, containment) = (part(all), part(smaller));
    let near = identical || shared >= FEWEST && containment >= NEAR;
    let students = [one.student.clone(), other.student.clone()];
    near.then_some(Pair { students, identical, jaccard, containment, shared })
}

/// The least hash of every [`WINDOW`] in a row; where it is not known to be a source, only of what looks like code.
fn winnow<'a>(tokens: impl Iterator<Item = &'a str>, source: bool) -> BTreeSet<u32> {
    let mut prints = BTreeSet::new();
    let mut gram = VecDeque::with_capacity(K);
    let mut window = VecDeque::with_capacity(WINDOW);
    let mut keep = |window: &VecDeque<(u32, bool)>| {
        if let Some((hash, true)) = window.iter().min() {
            prints.insert(*hash);
        }
    };
    for token in tokens {
        if gram.len() == K {
            gram.pop_front();
        }
        gram.push_back(token);
        if gram.len() < K {
            continue;
        }
        if window.len() == WINDOW {
            window.pop_front();
        }
        let gram = &*gram.make_contiguous();
        window.push_back((hash(gram), source || is_code(gram)));
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

/// What is left of a source file: keywords and punctuation as they are, `i` for a name, `n` and `s` for a number and a
/// string or character of any value. Good enough for C and Rust; not exact where a macro plays with quotes.
fn tokens(source: &str) -> impl Iterator<Item = &str> {
    let mut rest = source;
    let next = move || {
        let (token, length) = token(rest, rest.chars().next()?);
        rest = rest.get(length..).unwrap_or_default();
        Some(token)
    };
    iter::from_fn(next).flatten()
}

/// The next token, if it is one, and how many bytes it takes.
fn token(rest: &str, first: char) -> (Option<&str>, usize) {
    let word = |c: char| c == '_' || c.is_alphanumeric();
    let until = |end: &str, from: usize| {
        rest.get(from..).and_then(|text| text.find(end)).map_or(rest.len(), |at| from + at + end.len())
    };
    // A compiler ignores a NUL.
    if first.is_whitespace() || first == '\0' {
        (None, first.len_utf8())
    } else if rest.starts_with("//") {
        (None, until("\n", 2))
    } else if rest.starts_with("/*") {
        (None, until("*/", 2))
    } else if let Some(fence) = raw_string(rest) {
        (Some("s"), until(&format!("\"{}", "#".repeat(fence)), rest.find('"').unwrap_or(0) + 1))
    } else if first == '"' {
        (Some("s"), quoted(rest, '"'))
    } else if first == '\'' {
        let mut next = rest[1..].chars();
        match (next.next(), next.next()) {
            (Some('\\'), _) | (Some(_), Some('\'')) => (Some("s"), quoted(rest, '\'')),
            // A lifetime of Rust.
            _ => (Some("'"), 1),
        }
    } else if first.is_ascii_digit() {
        (Some("n"), rest.find(|c| !word(c) && c != '.').unwrap_or(rest.len()))
    } else if word(first) {
        let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
        (Some(KEYWORDS.into_iter().find(|keyword| *keyword == &rest[..length]).unwrap_or("i")), length)
    } else {
        (Some(&rest[..first.len_utf8()]), first.len_utf8())
    }
}

/// How many `#` a raw string of Rust that begins here has around it.
fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r')?;
    let body = after.trim_start_matches('#');
    body.starts_with('"').then(|| after.len() - body.len())
}

/// The length of a string or character with its quotes; a backslash hides what follows it.
fn quoted(rest: &str, quote: char) -> usize {
    let mut hidden = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if hidden => hidden = false,
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
        super::tokens(source).collect()
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
