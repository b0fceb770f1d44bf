//! What is listed as similar, and what is not; measured on pairs of which it is known.
//!
//! `similar/copies.toml` says how copies are made of right submissions. Innocent pairs are programs of one lab and language that
//! were written independently (`submissions/`, `similar/right/`), or from the same starter (`similar/starter/`), or after the
//! same slides (`similar/slide/`). [`similar::K`], [`similar::WINDOW`] and [`similar::NEAR`] were chosen on some labs; the pairs
//! of the others ([`ASIDE`]) were put aside, and show what the choice is worth.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod zips;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

use grade::similar::{self, Pair, Prints, Submission, alike, fingerprints, pairs};
use serde::Deserialize;
use zips::zip_of;

/// The lecture's own programs, which real students' resemble.
fn lecture(program: &str) -> String {
    fs::read_to_string(labkit::root().join(format!("crates/{program}/{program}.c"))).unwrap()
}

fn prints(source: &str) -> Prints {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.c");
    fs::write(&file, source).unwrap();
    fingerprints(&file).unwrap()
}

fn submission(student: &str, source: &str) -> Submission {
    Submission { student: student.into(), digest: student.into(), prints: prints(source) }
}

fn names(pairs: &[Pair]) -> Vec<[&str; 2]> {
    pairs.iter().map(|pair| pair.students.each_ref().map(String::as_str)).collect()
}

#[test]
fn renamed_reformatted_and_commented_it_is_the_same() {
    let source = lecture("tcp_echoserv");
    let disguised = source
        .replace("listen_sock", "a")
        .replace("servaddr", "b")
        .replace('{', "\n{\n")
        .replace('\n', " // mine\n   ");
    let found = pairs(vec![submission("kim", &source), submission("lee", &disguised)]);
    assert_eq!(names(&found), [["kim", "lee"]]);
    assert!(found[0].containment > 0.99 && !found[0].identical, "{found:?}");
}

#[test]
fn another_program_is_another() {
    let class = ["tcp_echoserv", "udp_echocli", "get_hostent", "mydaytime"];
    let class = class.iter().map(|program| submission(program, &lecture(program))).collect();
    assert_eq!(names(&pairs(class)), [[""; 2]; 0]);
}

#[test]
fn a_copy_inside_a_longer_program_is_found() {
    let longer = lecture("tcp_echoserv") + &lecture("get_hostent") + &lecture("port_number");
    let found = pairs(vec![submission("kim", &lecture("tcp_echoserv")), submission("lee", &longer)]);
    assert_eq!(names(&found), [["kim", "lee"]]);
    assert!(found[0].jaccard < 0.7 && found[0].containment > 0.9, "{found:?}");
}

#[test]
fn what_most_of_a_class_has_is_nobodys_own() {
    let given = lecture("tcp_echoserv");
    let mut class: Vec<Submission> = (0..8).map(|i| submission(&format!("s{i}"), &given)).collect();
    assert_eq!(names(&pairs(class.clone())), [[""; 2]; 0]);
    // Two of them have something in common that the others have not.
    let own = given.clone() + &lecture("get_hostent");
    class[2] = submission("s2", &own);
    class[5] = submission("s5", &own);
    assert_eq!(names(&pairs(class)), [["s2", "s5"]]);
}

/// Two sources that differ in what a compiler doesn't see.
fn hidden_from_nobody(disguised: &[u8]) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.c");
    fs::write(&file, disguised).unwrap();
    let found = fingerprints(&file).unwrap();
    assert_eq!(found.hashes(), prints(&lecture("tcp_echoserv")).hashes());
}

#[test]
fn no_byte_and_no_length_hides_a_source() {
    let source = lecture("tcp_echoserv");
    hidden_from_nobody(format!("/* \0 */ {}", source.replace("; ", ";\0 ")).as_bytes());
    hidden_from_nobody(&[b"/*", &b"long ".repeat(500_000)[..], b"*/", source.as_bytes()].concat());
    hidden_from_nobody(&[b"// \xb1\xb3\xbc\xf6\n", source.as_bytes()].concat());
}

/// What is no code to a compiler, and what begins something that it doesn't end, or ends it elsewhere.
#[test]
fn no_quote_and_no_comment_hides_a_source() {
    let source = lecture("tcp_echoserv");
    let kim = submission("kim", &source);
    for before in [
        "#if 0\n'\n#endif",
        "#if 0\nit isn't \"\n#endif",
        "#if 0\n\"\"\"\n#endif",
        "#if 0\n'''\n#endif",
        "#if 0\nr#\"\n#endif",
        "#define OPEN '",
        "int thousand = 1'000;",
        "int mask = 0xFF'FF, no = 'n';",
        "static const char *hi = \"\"\"hi\";",
        "static const char *pattern = R\"(\" /*)\";",
        "static const char *odd = R\"x(\")x\";",
        "-- it's a comment of another language",
        "const char *two = \"two \\\r\nlines\"; int n = 1'0;",
    ] {
        for after in ["", "*/", "'", "\"\"\""] {
            let lee = submission("lee", &format!("{before}\n{source}\n{after}"));
            let found = pairs(vec![kim.clone(), lee]);
            assert_eq!(names(&found), [["kim", "lee"]], "{before} {after}");
        }
    }
    // All of it on one line.
    let (head, code): (Vec<&str>, Vec<&str>) = source.lines().partition(|line| line.starts_with('#'));
    let code = code.iter().filter(|line| !line.trim_start().starts_with("//"));
    let code: Vec<&str> = code.map(|line| line.split(" //").next().unwrap()).collect();
    let line = format!("{}\nint n = 1'000; {}\n", head.join("\n"), code.join(" "));
    assert_eq!(names(&pairs(vec![kim, submission("lee", &line)])), [["kim", "lee"]]);
}

#[test]
fn no_name_hides_a_source() {
    let source = lecture("tcp_echoserv");
    let kim = submission("kim", &source);
    for name in [".real.h", "real.txt", "real", "target/real.h", ".hidden/deep/real.inc", "README.md"] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(dir.path().join("main.c"), format!("#include \"{name}\"\n")).unwrap();
        fs::write(&file, &source).unwrap();
        let lee = Submission { prints: fingerprints(dir.path()).unwrap(), ..submission("lee", "") };
        assert_eq!(names(&pairs(vec![kim.clone(), lee])), [["kim", "lee"]], "{name}");
    }
}

#[test]
fn prose_and_data_are_nobodys_code() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["README.md", "Cargo.toml", "Cargo.lock", "LICENSE"] {
        fs::copy(labkit::root().join(name), dir.path().join(name)).unwrap();
    }
    // A README has pieces of code, too.
    let (found, program) =
        (fingerprints(dir.path()).unwrap().prints.len(), prints(&lecture("tcp_echoserv")).prints.len());
    assert!(4 * found < program, "{found} of {program}");
}

#[test]
fn a_binary_with_one_more_byte_is_the_same_and_another_is_another() {
    let dir = tempfile::tempdir().unwrap();
    let binary = |name: &str, bytes: &[u8]| {
        fs::write(dir.path().join(name), bytes).unwrap();
        let prints = fingerprints(&dir.path().join(name)).unwrap();
        Submission { student: name.into(), digest: name.into(), prints }
    };
    let of = |program| fs::read(labkit::Program::rust(program).unwrap().path).unwrap();
    let (one, another) = (of("tcp_echoserv"), of("getdtablesize"));
    let more = [&one[..], b"\n"].concat();
    let found = pairs(vec![binary("kim", &one), binary("lee", &more), binary("park", &another)]);
    assert_eq!(names(&found), [["kim", "lee"]]);
    assert!(!found[0].identical);
}

#[test]
fn equal_bytes_are_equal() {
    let binary = |student: &str, digest: &str| Submission {
        student: student.into(),
        digest: digest.into(),
        ..Submission::default()
    };
    let found = pairs(vec![
        binary("kim", "1"),
        binary("lee", "2"),
        binary("park", "1"),
        binary("choi", ""),
        binary("an", ""),
    ]);
    assert_eq!(names(&found), [["kim", "park"]]);
    assert!(found[0].identical);
}

/// What was packed for the way is what is in it.
#[test]
fn no_archive_hides_a_source() {
    let (source, dir) = (lecture("tcp_echoserv"), tempfile::tempdir().unwrap());
    let zip = dir.path().join("kim.zip");
    fs::write(&zip, zip_of(&[("lab/echo.c", &source), ("lab/README.md", "This is mine.\n")])).unwrap();
    let folder = dir.path().join("platform");
    fs::create_dir(&folder).unwrap();
    fs::copy(&zip, folder.join("kim_attempt.zip")).unwrap();
    for packed in [&zip, &folder] {
        let prints = fingerprints(packed).unwrap();
        assert!(prints.files.contains(&"lab/echo.c".to_string()), "{:?}", prints.files);
        let kim = Submission { student: "kim".into(), digest: "kim".into(), prints };
        let found = pairs(vec![kim, submission("lee", &source)]);
        assert_eq!(names(&found), [["kim", "lee"]]);
        assert!(found[0].containment > 0.99, "{found:?}");
    }
    // What is none is a file like any other.
    fs::write(&zip, &source).unwrap();
    assert_eq!(fingerprints(&zip).unwrap().hashes(), prints(&source).hashes());
    // One that is far too large stays packed.
    let zeros = "0".repeat(80 << 20);
    fs::write(&zip, zip_of(&[("echo.c", &source), ("zeros", &zeros)])).unwrap();
    assert_eq!(fingerprints(&zip).unwrap().files, ["kim.zip"]);
}

#[test]
fn a_link_a_pipe_and_a_build_folder_are_not_read() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc", dir.path().join("etc.c")).unwrap();
    fs::create_dir(dir.path().join("target")).unwrap();
    fs::write(dir.path().join("Cargo.toml"), "").unwrap();
    fs::write(dir.path().join("target/a.rs"), lecture("tcp_echoserv")).unwrap();
    nix::unistd::mkfifo(&dir.path().join("pipe.c"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(fingerprints(dir.path()).unwrap().prints.is_empty());
}

#[test]
fn a_source_that_is_no_program_does_no_harm() {
    for source in [
        "",
        "\"",
        "'",
        "/*",
        "r#\"",
        "'\\",
        "\u{1f600}\u{301}가'",
        "\\\r\n#",
        "b",
        "r",
        "br###",
        "\0",
        "\x7fELF",
        "\x7fELF\x02\x01\x01",
    ] {
        prints(source);
    }
}

/// Real ones, over and over, each with something of its own.
#[test]
fn two_hundred_submissions_are_compared() {
    let dir = tempfile::tempdir().unwrap();
    let of_lab = |lab| entries(&tests().join("similar/right").join(lab));
    let programs: Vec<PathBuf> = [of_lab("tcp_echoserv"), of_lab("tcp_echocli")].concat();
    let programs: Vec<&PathBuf> = programs.iter().filter(|program| program.is_file()).collect();
    let start = Instant::now();
    let submission = |number: usize| {
        let program = programs[number % programs.len()];
        let file = dir.path().join(number.to_string()).with_extension(program.extension().unwrap());
        let own = format!("int own_{number}[] = {{{}}};\n", "1 + 2 * (3),".repeat(number % 30));
        fs::write(&file, fs::read_to_string(program).unwrap() + &own).unwrap();
        let prints = fingerprints(&file).unwrap();
        Submission { student: format!("s{number:03}"), digest: format!("s{number:03}"), prints }
    };
    let class: Vec<Submission> = (0..200).map(submission).collect();
    let (read, start) = (start.elapsed(), Instant::now());
    let found = pairs(class);
    assert!(found.len() >= 1000 && found.iter().all(|pair| pair.longest.is_some()), "{}", found.len());
    println!("200 submissions: read in {read:?}, {} pairs in {:?}", found.len(), start.elapsed());
}

/// A copy, as `copies.toml` has it.
#[derive(Deserialize)]
struct Copy {
    of: String,
    kind: String,
    /// What to put in whose place, once.
    #[serde(default)]
    edits: Vec<[String; 2]>,
    /// Names that become others.
    #[serde(default)]
    names: Vec<String>,
    /// What [`changed`] does, in this order.
    #[serde(default)]
    then: Vec<String>,
}

/// Two programs of which it is known whether one is a copy.
struct Known {
    copy: bool,
    kind: String,
    name: String,
    /// Not looked at when the numbers were chosen.
    aside: bool,
    listed: bool,
    shared: usize,
    similarity: f64,
}

/// A third of the labs' pairs.
const ASIDE: [&str; 7] = [
    "connected_udp",
    "get_host_byaddr",
    "get_hostent",
    "getdtablesize",
    "mydaytime",
    "udp_echocli",
    "udp_echoserv",
];

fn tests() -> PathBuf {
    labkit::root().join("crates/tools/grade/tests")
}

/// A copied source with one generated change.
fn changed(source: &str, how: &str) -> String {
    let python = source.starts_with("#!");
    match how {
        "layout" => {
            source.replace(" {\n", "\n  {\n").replace("    ", "\t").replace(", ", ",").replace(" = ", "=")
        }
        "comments" => {
            let (start, end) = if python { ("# ", "") } else { ("/* ", " */") };
            let kept = source.lines().filter(|line| !line.trim_start().starts_with("//"));
            let lines = kept.enumerate().map(|(at, line)| match at % 3 {
                0 if !line.is_empty() && !line.ends_with('\\') => {
                    format!("{line} {start}if n < {at}; then the next{end}\n")
                }
                _ => format!("{line}\n"),
            });
            lines.collect()
        }
        // The functions the other way round, main last, with prototypes.
        "order" => {
            let mut functions: Vec<&str> = source.split_inclusive("\n}\n").collect();
            let body = functions[0].find("\n{\n").unwrap();
            let head = functions[0][..body].rfind("\n\n").unwrap();
            let (head, first) = functions[0].split_at(head);
            let main = functions.iter().position(|f| f.contains("int main(")).unwrap();
            functions[0] = first;
            let prototypes = functions[..main]
                .iter()
                .filter_map(|f| f.split_once("\n{\n"))
                .filter(|(name, _)| name.contains('('));
            let prototypes: Vec<String> = prototypes
                .map(|(name, _)| format!("{};", name.rsplit("\n\n").next().unwrap().trim()))
                .collect();
            functions[..main].reverse();
            format!("{head}\n{}\n{}", prototypes.join("\n"), functions.concat())
        }
        "dead code" => {
            let mut lines: Vec<String> = source.lines().map(String::from).collect();
            let dead = [
                "int unused;",
                "if (errno == 12345) puts(\"never\");",
                "while (0) break;",
                "{ int i = 0; i++; }",
            ];
            let body = lines.iter().position(|line| line == "{" || line.ends_with(") {")).unwrap();
            let places: Vec<usize> = (body..lines.len().saturating_sub(1))
                .filter(|&at| {
                    lines[at].starts_with("    ")
                        && lines[at].ends_with(';')
                        && !lines[at + 1].contains("else")
                })
                .collect();
            for (number, at) in
                places.into_iter().step_by(6).enumerate().collect::<Vec<_>>().into_iter().rev()
            {
                lines.insert(at + 1, format!("    {}", dead[number % dead.len()]));
            }
            lines.join("\n")
        }
        "C to C++" => {
            let mut source = source.replace("NULL", "nullptr").replace("struct sockaddr_in ", "sockaddr_in ");
            source = source.replace("(struct sockaddr *)&", "reinterpret_cast<sockaddr *>(&");
            for name in ["servaddr", "addr", "peer", "here", "me"] {
                source = source.replace(&format!("sockaddr *>(&{name},"), &format!("sockaddr *>(&{name}),"));
            }
            for header in ["stdio", "stdlib", "string", "errno"] {
                source = source.replace(&format!("<{header}.h>"), &format!("<c{header}>"));
            }
            for name in
                ["perror", "exit", "fprintf", "printf", "strtoul", "strlen", "fputs", "fflush", "strerror"]
            {
                source = source.replace(&format!(" {name}("), &format!(" std::{name}("));
            }
            source
        }
        how => panic!("{how}: no such change"),
    }
}

impl Copy {
    fn made(&self, source: &str) -> String {
        let mut source = source.to_owned();
        for [from, to] in &self.edits {
            assert!(source.contains(from), "{}: not there: {from}", self.of);
            source = source.replacen(from, to, 1);
        }
        for (number, name) in self.names.iter().enumerate() {
            let mut parts = source.split(name.as_str()).map(String::from).collect::<Vec<_>>();
            assert!(parts.len() > 1, "{}: not there: {name}", self.of);
            for at in 1..parts.len() {
                let word = |c: char| c == '_' || c.is_alphanumeric();
                let whole = !parts[at - 1].ends_with(word) && !parts[at].starts_with(word);
                parts[at] =
                    format!("{}{}", if whole { format!("my_{number}") } else { name.clone() }, parts[at]);
            }
            source = parts.concat();
        }
        self.then.iter().fold(source, |source, how| changed(&source, how))
    }
}

/// Which programs can be compared at all.
fn language(program: &Path) -> String {
    let mut ending = program.extension().unwrap_or_default().to_str().unwrap().to_owned();
    if program.join("Cargo.toml").exists() {
        ending = "rs".into();
    } else if program.is_dir() {
        ending = "c".into();
    }
    ending
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    entries.retain(|path| path.extension().is_none_or(|ending| ending != "toml"));
    entries.sort();
    entries
}

/// As its name says.
fn follows_the_slides(program: &Path) -> bool {
    let name = program.file_name().unwrap().to_str().unwrap();
    name == "plain.c" || name.contains("slide")
}

fn known() -> Vec<Known> {
    #[derive(Deserialize)]
    struct Copies {
        copy: Vec<Copy>,
    }
    let mut known = Vec::new();
    let mut given = BTreeMap::new();
    let mut add = |copy: bool, kind: &str, lab: &str, paths: [&Path; 2]| {
        let given = given.entry(lab.to_owned()).or_insert_with(|| similar::given_to_all(lab).unwrap());
        let programs = paths.map(|path| {
            let mut prints = fingerprints(path).unwrap();
            prints.forget(|hash| given.contains(&hash));
            Submission { student: path.display().to_string(), digest: String::new(), prints }
        });
        // Two that are one would say nothing of two that are not.
        assert!(copy || programs[0].prints.prints != programs[1].prints.prints, "{paths:?} are the same");
        let [one, other] = programs.each_ref().map(|program| program.prints.hashes());
        let shared = one.intersection(&other).count();
        let [_, similarity] = alike(shared, one.len(), other.len());
        let name =
            paths.map(|path| path.strip_prefix(tests()).unwrap_or(path).display().to_string()).join(" ");
        let listed = !pairs(programs.into()).is_empty();
        let (kind, aside) = (kind.into(), ASIDE.contains(&lab));
        known.push(Known { copy, kind, name, aside, listed, shared, similarity });
    };
    let copies = fs::read_to_string(tests().join("similar/copies.toml")).unwrap();
    for copy in toml::from_str::<Copies>(&copies).unwrap().copy {
        let original = tests().join("submissions").join(&copy.of);
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(original.file_name().unwrap());
        fs::write(&file, copy.made(&fs::read_to_string(&original).unwrap())).unwrap();
        add(true, &copy.kind, copy.of.split('/').next().unwrap(), [&original, &file]);
    }
    for lab in labs::ALL {
        let mine = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(lab.name);
        let of_lab = |folder: &str| -> Vec<PathBuf> {
            entries(&tests().join("similar").join(folder)).into_iter().filter(mine).collect()
        };
        let independent =
            ["submissions", "similar/right"].map(|folder| entries(&tests().join(folder).join(lab.name)));
        for (kind, programs) in [
            ("independent", independent.concat()),
            ("same starter", of_lab("starter")),
            ("same slides", of_lab("slide")),
        ] {
            for (at, one) in programs.iter().enumerate() {
                for other in programs[at + 1..].iter().filter(|other| language(other) == language(one)) {
                    let slides = [one, other].iter().all(|program| follows_the_slides(program));
                    add(false, if slides { "same slides" } else { kind }, lab.name, [one, other]);
                }
            }
        }
    }
    known
}

/// Of what is listed, how much is copied; of what is copied, how much is listed.
#[allow(clippy::cast_precision_loss, reason = "there are no 2^52 pairs")]
fn precision_and_recall(known: &[Known], aside: bool) -> [f64; 2] {
    let count = |of: &dyn Fn(&Known) -> bool| {
        known.iter().filter(|pair| pair.aside == aside && of(pair)).count() as f64
    };
    let found = count(&|pair| pair.copy && pair.listed);
    [found / count(&|pair| pair.listed), found / count(&|pair| pair.copy)]
}

/// The table of kinds and the sum of each half.
fn table(known: &[Known]) -> String {
    let words = [
        ("names", "이름을 바꿈"),
        ("layout", "들여쓰기와 빈칸을 바꿈"),
        ("comments", "주석을 바꾸고 보탬"),
        ("order", "함수 순서를 바꿈"),
        ("dead code", "쓸모없는 코드를 끼움"),
        ("declarations", "선언을 옮김"),
        ("loops", "`for`를 `while`로, `while`을 `for`로"),
        ("functions split", "함수를 나눔"),
        ("C to C++", "C를 C++처럼"),
        ("short program", "짧은 프로그램에 여럿을 함께"),
        ("several at once", "두세 가지를 함께"),
        ("everything at once", "거의 모두를 함께"),
        ("independent", "따로 작성함"),
        ("same starter", "같은 시작 코드에서 따로 작성함"),
        ("same slides", "같은 슬라이드를 따라 따로 작성함"),
    ];
    let kinds: BTreeSet<&str> = known.iter().map(|pair| pair.kind.as_str()).collect();
    assert_eq!(kinds, words.iter().map(|(kind, _)| *kind).collect());
    let mut text = String::from(
        "| 한 일 What was done | 쌍 Pairs | 나온 쌍 Listed | 닮은 정도 Similarity | 따로 둔 쌍 Put aside | 그중 나온 쌍 Listed |\n\
         |---|---|---|---|---|---|\n",
    );
    for copy in [true, false] {
        let _ = writeln!(
            text,
            "| **{}** | | | | | |",
            if copy { "베낀 쌍 Copies" } else { "베끼지 않은 쌍 Not copies" }
        );
        for (kind, korean) in words {
            let of_kind: Vec<&Known> =
                known.iter().filter(|pair| pair.copy == copy && pair.kind == kind).collect();
            let count = |aside: bool, listed: bool| {
                of_kind.iter().filter(|pair| pair.aside == aside && (pair.listed || !listed)).count()
            };
            let percent = of_kind.iter().map(|pair| pair.similarity * 100.0);
            if let Some((least, most)) = percent.map(|p| (p, p)).reduce(|(a, b), (c, d)| (a.min(c), b.max(d)))
            {
                let [pairs, listed, aside, aside_listed] =
                    [(false, false), (false, true), (true, false), (true, true)].map(|(a, l)| count(a, l));
                let _ = writeln!(
                    text,
                    "| {korean} · {kind} | {pairs} | {listed} | {least:.0}–{most:.0}% | {aside} | {aside_listed} |"
                );
            }
        }
    }
    text += "\n| 과제 Labs | 정밀도 Precision | 재현율 Recall |\n|---|---|---|\n";
    for (aside, which) in
        [(false, "기준을 고른 과제 The labs it was chosen on"), (true, "따로 둔 과제 The labs put aside")]
    {
        let [precision, recall] = precision_and_recall(known, aside);
        let _ = writeln!(text, "| {which} | {precision:.2} | {recall:.2} |");
    }
    text
}

/// `GRADE_BLESS=1` writes the table anew; what has been reached may not be lost.
#[test]
fn copies_are_listed_and_innocents_are_not() {
    let known = known();
    for pair in known.iter().filter(|pair| pair.copy != pair.listed) {
        println!("{}: {} ({:.2}): listed {}", pair.kind, pair.name, pair.similarity, pair.listed);
    }
    let innocent = known.iter().filter(|pair| !pair.copy).count();
    assert!(innocent >= 30 && known.len() - innocent >= 30, "{innocent} innocent of {}", known.len());
    for (aside, least) in [(false, [1.0, 0.94]), (true, [0.94, 0.89])] {
        let reached = precision_and_recall(&known, aside);
        println!("precision and recall {reached:.3?}, aside: {aside}");
        assert!(reached.iter().zip(least).all(|(reached, least)| *reached >= least), "{least:?}");
    }
    let nearly = |pair: &&Known| {
        !pair.copy && !pair.aside && pair.shared >= similar::FEWEST && pair.similarity > similar::NEAR - 0.1
    };
    let nearly: Vec<&str> = known.iter().filter(nearly).map(|pair| pair.name.as_str()).collect();
    assert_eq!(nearly, [""; 0], "the limit has no room");
    let path = labkit::root().join("lab-notes/similar.md");
    let table = table(&known);
    let kept = fs::read_to_string(&path).unwrap();
    let (before, _) = kept.split_once("| 한 일").unwrap_or((&kept, ""));
    if env::var_os("GRADE_BLESS").is_some() {
        fs::write(&path, format!("{before}{table}")).unwrap();
    } else {
        assert!(
            kept.ends_with(&table),
            "lab-notes/similar.md is not what was measured: run with GRADE_BLESS=1\n{table}"
        );
    }
}

#[test]
fn the_longest_common_part_says_where() {
    let copied = lecture("get_hostent");
    let kim = format!("{}{copied}", "// a line\n".repeat(100));
    let lee = format!("{copied}{}", lecture("port_number"));
    let found = pairs(vec![submission("kim", &kim), submission("lee", &lee)]);
    let [there, here] = found[0].longest.clone().unwrap();
    assert_eq!([there.file.as_str(), here.file.as_str()], ["a.c"; 2]);
    // The same lines of the copied file; all of its code but for what the last window leaves.
    assert_eq!([there.first - 100, there.last - 100], [here.first, here.last]);
    let (code, all) = (copied.find("int main").unwrap(), copied.lines().count());
    assert!(
        here.first <= copied[..code].lines().count() + 3 && here.last > all - 5 && here.last <= all,
        "{here:?} of {all}"
    );
    assert_eq!(here.to_string(), format!("a.c:{}-{}", here.first, here.last));
}

#[test]
fn a_comment_is_one_in_every_language() {
    let python = "import socket\ns = socket.socket()\nfor n in range(3):\n    s.send('it is %d' % n)\ns.close()\nprint(f'{n} sent', s)\n";
    let commented = python
        .replace('\n', "  # it's \"sent\", if (n < 3) { done(); }\n")
        .replace("'it is %d'", "\"\"\"an \"other\" \"\"\"");
    let prints = |name: &str, source: &str| {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(name), source).unwrap();
        fingerprints(dir.path()).unwrap().hashes()
    };
    assert!(!prints("a.py", python).is_empty());
    assert_eq!(prints("a.py", python), prints("a.py", &commented));
}

#[test]
fn a_qualified_name_is_a_name() {
    let with =
        "fn main() { let a: std::vec::Vec<u8> = std::env::args().collect(); std::io::stdin().read(&mut a); }";
    let without = "fn main() { let a: Vec<u8> = args().collect(); stdin().read(&mut a); }";
    assert_eq!(prints(with).hashes(), prints(without).hashes());
}
