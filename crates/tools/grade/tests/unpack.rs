//! Archives that were handed in: what is in them comes out, and nothing comes out anywhere else.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod zips;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use encoding_rs::EUC_KR;
use flate2::Compression;
use flate2::write::GzEncoder;
use grade::unpack::{Most, is_archive, unpack};
use tar::{EntryType, Header};
use tempfile::TempDir;
use unicode_normalization::UnicodeNormalization as _;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;
use zips::zip_of;

const MOST: Most = Most { files: 20, bytes: 1 << 20, depth: 4 };

/// A folder with `archive` in it and an empty folder `into`.
struct Case(TempDir);

impl Case {
    fn new(archive: &[u8]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("into")).unwrap();
        fs::write(dir.path().join("archive"), archive).unwrap();
        Case(dir)
    }

    fn unpack(&self) -> io::Result<Vec<String>> {
        unpack(&self.0.path().join("archive"), &self.0.path().join("into"), &MOST)
    }

    /// All files and links in the folder: what is in them, or where they lead. Nothing is beside the folder.
    fn unpacked(&self) -> BTreeMap<String, String> {
        let mut beside: Vec<_> =
            fs::read_dir(self.0.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        beside.sort();
        assert_eq!(beside, ["archive", "into"]);
        let (mut all, into) = (BTreeMap::new(), self.0.path().join("into"));
        files(&into, &into, &mut all);
        all
    }

    #[track_caller]
    fn refused(&self, kind: ErrorKind) {
        let refused = self.unpack().unwrap_err();
        assert_eq!(refused.kind(), kind, "{refused}");
        let bytes: usize = self.unpacked().values().map(String::len).sum();
        assert!(bytes as u64 <= MOST.bytes + 1);
    }
}

fn files(folder: &Path, into: &Path, all: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(into).unwrap().display().to_string();
        if path.is_symlink() {
            all.insert(name, format!("-> {}", fs::read_link(&path).unwrap().display()));
        } else if path.is_dir() {
            files(&path, into, all);
        } else {
            all.insert(name, String::from_utf8(fs::read(&path).unwrap()).unwrap());
        }
    }
}

fn texts<const N: usize>(all: [(&str, &str); N]) -> BTreeMap<String, String> {
    all.map(|(name, text)| (name.to_string(), text.to_string())).into()
}

fn zip(add: impl FnOnce(&mut ZipWriter<io::Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut zip = ZipWriter::new(io::Cursor::default());
    add(&mut zip);
    zip.finish().unwrap().into_inner()
}

/// A tar of entries: a name as it stands in there, a type, where it leads, and what is in it.
fn tar_of(entries: &[(&str, EntryType, &str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, kind, target, text) in entries {
        let mut header = Header::new_ustar();
        let ustar = header.as_ustar_mut().unwrap();
        ustar.name[..name.len()].copy_from_slice(name.as_bytes());
        ustar.linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(text.len() as u64);
        header.set_mode(if text.starts_with("#!") { 0o700 } else { 0o600 });
        header.set_cksum();
        tar.append(&header, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

#[test]
fn archives_are_told_by_their_names() {
    assert!(["a.zip", "A.ZIP", "a.tar.gz", "a.tgz", "a.tar"].into_iter().all(is_archive));
    assert!(!["zip", "a.c", "a.gz", "a.zip.c"].into_iter().any(is_archive));
}

#[test]
fn what_is_in_an_archive_comes_out() {
    let wanted = texts([("lab/main.c", "int main;"), ("lab/sub/run", "#!/bin/sh"), ("한글.c", "")]);
    let files = [("lab/main.c", "int main;"), ("lab/sub/run", "#!/bin/sh"), ("한글.c", "")];
    let tar = tar_of(&files.map(|(name, text)| (name, EntryType::Regular, "", text)));
    for archive in [zip_of(&files), tar.clone(), gz(&tar)] {
        let case = Case::new(&archive);
        assert_eq!(case.unpack().unwrap(), Vec::<String>::new());
        assert_eq!(case.unpacked(), wanted);
    }
    let case = Case::new(&tar);
    case.unpack().unwrap();
    let mode = |name: &str| case.0.path().join("into").join(name).metadata().unwrap().permissions().mode();
    assert_eq!((mode("lab/sub/run") & 0o777, mode("lab/main.c") & 0o777), (0o755, 0o644));
}

#[test]
fn nothing_comes_out_anywhere_else() {
    let slips =
        [("../slip", "x"), ("a/../../slip", "x"), ("/slip", "x"), ("./a/b.c", "y"), ("..\\slip", "x")];
    let out = ["../slip", "a/../../slip", "/slip", "../slip"];
    let case = Case::new(&zip_of(&slips));
    assert_eq!(case.unpack().unwrap(), out);
    assert_eq!(case.unpacked(), texts([("a/b.c", "y")]));

    let case = Case::new(&tar_of(
        &slips[..4].iter().map(|(n, t)| (*n, EntryType::Regular, "", *t)).collect::<Vec<_>>(),
    ));
    assert_eq!(case.unpack().unwrap(), out[..3]);
    assert_eq!(case.unpacked(), texts([("a/b.c", "y")]));
}

#[test]
fn links_lead_nowhere_else() {
    let outside = tempfile::tempdir().unwrap();
    let there = outside.path().to_str().unwrap();
    let (link, file) = (EntryType::Symlink, EntryType::Regular);
    // The file comes after the link whose name its folder has.
    let case = Case::new(&tar_of(&[
        ("d", link, there, ""),
        ("d/x", file, "", "x"),
        ("up", link, "..", ""),
        ("by", link, "way/archive", ""),
        ("way", link, "up", ""),
        ("own", link, "d/x", ""),
        ("hard", EntryType::Link, "d/x", ""),
        ("out", EntryType::Link, "../archive", ""),
        ("abs", EntryType::Link, "/etc/passwd", ""),
    ]));
    let mut left_out = case.unpack().unwrap();
    left_out.sort();
    assert_eq!(left_out, ["abs", "by", "d", "out", "up", "way"]);
    assert_eq!(case.unpacked(), texts([("d/x", "x"), ("hard", "x"), ("own", "-> d/x")]));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);

    let case = Case::new(&zip(|zip| {
        zip.add_symlink("out", there, SimpleFileOptions::default()).unwrap();
        zip.start_file("out/x", SimpleFileOptions::default()).unwrap();
        zip.add_symlink("root", "/", SimpleFileOptions::default()).unwrap();
        zip.add_symlink("own", "out/x", SimpleFileOptions::default()).unwrap();
    }));
    assert_eq!(case.unpack().unwrap(), ["out", "root"]);
    assert_eq!(case.unpacked(), texts([("out/x", ""), ("own", "-> out/x")]));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn no_more_comes_out_than_may_be() {
    let large = "0".repeat(MOST.bytes as usize + 1);
    let halves = large.split_at(large.len() / 2);
    let one = EntryType::Regular;
    let many: Vec<String> = (0..=MOST.files).map(|i| format!("{i}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (&name[..], "")).collect();
    let many_in_tar: Vec<_> = many.iter().map(|(name, text)| (*name, one, "", *text)).collect();
    for archive in [
        zip_of(&[("large", &large)]),
        zip_of(&[("half", halves.0), ("another", halves.1)]),
        zip_of(&[("a/b/c/d/e", "")]),
        zip_of(&many),
        gz(&tar_of(&[("large", one, "", &large)])),
        gz(&tar_of(&many_in_tar)),
        // One that is not unpacked.
        gz(&tar_of(&[("._large", one, "", &large.repeat(3))])),
    ] {
        Case::new(&archive).refused(ErrorKind::FileTooLarge);
    }
    Case::new(&zip_of(&[(&"x".repeat(300), "")])).refused(ErrorKind::InvalidFilename);

    // A zip that lies: it says of its bomb that it has a byte.
    let mut bomb = zip_of(&[("bomb", &large)]);
    assert!(bomb.len() < 10_000);
    let (size, says) = ((large.len() as u32).to_le_bytes(), 1_u32.to_le_bytes());
    while let Some(at) = bomb.windows(4).position(|window| window == size) {
        bomb[at..at + 4].copy_from_slice(&says);
    }
    let case = Case::new(&bomb);
    assert!(matches!(case.unpack().unwrap_err().kind(), ErrorKind::FileTooLarge | ErrorKind::InvalidData));
    assert!(case.unpacked().values().map(String::len).sum::<usize>() as u64 <= MOST.bytes + 1);
}

/// Without the flag for UTF-8, as Windows' own archiver does it.
#[test]
fn names_in_euc_kr_are_read() {
    let mut archive = zip_of(&[("xxxx/yyyyyy.c", "int main;"), ("zz", "")]);
    let mut replace = |ascii: &[u8], name: &[u8]| {
        while let Some(at) = archive.windows(ascii.len()).position(|window| window == ascii) {
            archive[at..at + ascii.len()].copy_from_slice(name);
        }
    };
    // 쀍 is none of EUC-KR's own, but CP949 has it.
    replace(b"xxxx", &EUC_KR.encode("실습").0);
    replace(b"yyyyyy", &EUC_KR.encode("김쀍수").0);
    replace(b"zz", b"\xFF\xFE");
    let case = Case::new(&archive);
    case.unpack().unwrap();
    let names: Vec<String> = case.unpacked().into_keys().collect();
    assert_eq!(names[0], "실습/김쀍수.c");
    assert_eq!(names.len(), 2);
}

/// `#include "머리.h"`, typed in one piece, finds the file on macOS, whose archives take its name apart. So long a name has no place
/// in a folder otherwise.
#[test]
fn names_that_macos_takes_apart_are_put_together() {
    let long = "각".repeat(60) + ".c";
    let apart = |name: &str| name.nfd().collect::<String>();
    let names = [apart("실습/머리.h"), apart(&long)];
    let case = Case::new(&zip_of(&[(&names[0], ""), (&names[1], "")]));
    assert_eq!(case.unpack().unwrap(), Vec::<String>::new());
    assert_eq!(case.unpacked().into_keys().collect::<Vec<_>>(), [&long, "실습/머리.h"]);
}

#[test]
fn what_macos_adds_is_not_there() {
    let case = Case::new(&zip_of(&[
        ("lab/main.c", ""),
        ("lab/._main.c", ""),
        ("lab/.DS_Store", ""),
        ("__MACOSX/lab/._main.c", ""),
    ]));
    assert_eq!(case.unpack().unwrap(), Vec::<String>::new());
    assert_eq!(case.unpacked().into_keys().collect::<Vec<_>>(), ["lab/main.c"]);
}

#[test]
fn what_is_no_archive_is_said_so() {
    let whole = zip_of(&[("main.c", "int main;")]);
    let tar = gz(&tar_of(&[("main.c", EntryType::Regular, "", "int main;")]));
    for archive in [
        &b"PK and nothing of the kind"[..],
        &b"int main(void) { return 0; }\n".repeat(20),
        &whole[..whole.len() / 2],
        &tar[..tar.len() / 2],
        &zip_of(&[("a", ""), ("a/b", "")]),
    ] {
        Case::new(archive).refused(ErrorKind::InvalidData);
    }
}
