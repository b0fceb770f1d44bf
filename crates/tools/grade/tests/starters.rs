//! scripts/new-lab: every starter compiles without a warning, in Korean and in English, and the grader takes it and gives
//! nothing for it.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Output};

use grade::judge::{Options, dispatch, grade};
use grade::report::Status;
use jail::{Allowed, Tier, best_tier};
use labkit::{Workspace, missing_program, root, run_trials, trial};
use labs::lab::Lab;
use labs::words::Lang;

fn main() -> ExitCode {
    // This program is the judge's too.
    if let Some(code) = dispatch() {
        return code.into();
    }
    let no_sandbox = (best_tier() == Tier::None).then(|| "there is no sandbox here".to_string());
    let missing = ["strace", "cc", "cargo"].into_iter().find_map(missing_program).or(no_sandbox);
    run_trials(vec![
        trial("starters_in_c", missing.clone(), starters_in_c),
        trial("starters_in_rust", missing.clone(), starters_in_rust),
        trial("a_starter_in_rust_alone", missing, a_starter_in_rust_alone),
        trial("the_steps_are_the_labs", None, the_labs_steps),
        trial("the_steps_have_the_books_korean", None, the_books_korean),
        trial("the_comments_are_in_the_locales_language", None, the_locales_language),
        trial("nothing_is_written_over", None, nothing_is_written_over),
        trial("what_is_wrong_is_said", None, what_is_wrong),
    ])
}

fn new_lab(arguments: &[&str]) -> Output {
    Command::new(root().join("scripts/new-lab")).args(arguments).output().unwrap()
}

/// A starter in the folder `to`, which is not there yet.
fn starter(lab: &str, lang: &str, comments: Lang, to: &Path) {
    let output = new_lab(&[lab, "--lang", lang, "--comments", comments.code(), to.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[track_caller]
fn compiles(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{command:?}: {said}");
}

/// Compiled by the grader, and worth nothing: each check has failed or was skipped.
fn worth_nothing(lab: &Lab, folder: &Path) {
    let options = Options { seed: 1, tier: best_tier(), lang: Lang::En, allowed: Allowed::USUAL, only: None };
    let report = grade(lab, folder, &options);
    assert_eq!((report.error.as_str(), report.score), ("", Some(0)), "{report}");
    for check in &report.checks {
        assert_eq!(check.status == Status::Passed, check.id == "build", "{}: {report}", check.id);
    }
}

fn starters_in_c() {
    let folder = tempfile::tempdir().unwrap();
    for lab in labs::ALL {
        for comments in Lang::ALL {
            let starter_folder = folder.path().join(comments.code()).join(lab.name);
            starter(lab.name, "c", comments, &starter_folder);
            let source = starter_folder.join(format!("{}.c", lab.name));
            let flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-o"];
            compiles(Command::new("cc").args(flags).arg(folder.path().join("program")).arg(source));
        }
        worth_nothing(lab, &folder.path().join("ko").join(lab.name));
    }
}

/// A starter in Rust without its comments and without what stands in quotes: in each language the same.
fn code(starter: &Path) -> String {
    let text = fs::read_to_string(starter.join("src/main.rs")).unwrap();
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split('"').step_by(2).chain(["\n"])).collect()
}

/// As it is, in a folder of its own, the grader's cargo builds it.
fn a_starter_in_rust_alone() {
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("tcp_echoserv");
    starter("tcp_echoserv", "rust", Lang::Ko, &alone);
    worth_nothing(labs::find("tcp_echoserv").unwrap(), &alone);
}

/// The others are built as one workspace: libc and nix once for all.
fn starters_in_rust() {
    let folder = tempfile::tempdir().unwrap();
    let [korean, english] = [Lang::Ko, Lang::En].map(|comments| {
        let all = folder.path().join(comments.code());
        for lab in labs::ALL {
            let starter_folder = all.join(lab.name);
            starter(lab.name, "rust", comments, &starter_folder);
            let manifest = starter_folder.join("Cargo.toml");
            let text = fs::read_to_string(&manifest).unwrap();
            let (package, none) = text.split_once("[workspace]").unwrap();
            assert_eq!(none.trim(), "");
            fs::write(manifest, package).unwrap();
            fs::rename(starter_folder.join("Cargo.lock"), all.join("Cargo.lock")).unwrap();
        }
        fs::write(all.join("Cargo.toml"), "[workspace]\nmembers = [\"*\"]\nresolver = \"3\"\n").unwrap();
        compiles(Command::new("cargo").args(["fmt", "--all", "--check"]).current_dir(&all));
        all
    });
    let target = Workspace::here().unwrap().target.join("starters");
    let cargo = |what| {
        let mut cargo = Command::new("cargo");
        cargo.args([what, "--quiet", "--offline", "--target-dir"]).arg(&target);
        cargo.env("RUSTFLAGS", "--deny warnings").env("CARGO_PROFILE_DEV_DEBUG", "false");
        compiles(cargo.current_dir(&korean));
    };
    cargo("build");
    for lab in labs::ALL {
        assert_eq!(code(&korean.join(lab.name)), code(&english.join(lab.name)));
        worth_nothing(lab, &target.join("debug").join(lab.name));

        // What its comments offer is there to be had.
        let file = korean.join(lab.name).join("src/main.rs");
        let text = fs::read_to_string(&file).unwrap();
        let offered = text.lines().map(|line| match line.strip_prefix("// ") {
            Some(code) if !code.ends_with(':') => code,
            _ => line,
        });
        let offered = offered.collect::<Vec<_>>().join("\n");
        fs::write(&file, format!("#![allow(unused)]\nuse libc::*;\n{}", offered.replace("//!", "//")))
            .unwrap();
    }
    cargo("check");
}

/// The steps in a starter's comments.
fn steps_in(lab: &str, comments: Lang) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join(lab);
    starter(lab, "c", comments, &to);
    let text = fs::read_to_string(to.join(format!("{lab}.c"))).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("    // TODO ")).map(String::from).collect()
}

/// Those of the lecture program, without what the lab doesn't ask for.
fn the_labs_steps() {
    let steps = |lab| steps_in(lab, Lang::En);
    assert_eq!(
        steps("mydaytime"),
        [
            "arguments: IP",
            "socket: open a stream socket",
            "servaddr: the server's address and port, in network byte order",
            "connect: ask the server for a connection",
            "read: until the server closes",
            "close: this side too",
        ]
    );
    assert_eq!(
        steps("connected_udp").iter().filter(|step| step.starts_with("connect: ")).collect::<Vec<_>>(),
        [
            "connect: to the server",
            "connect: with AF_UNSPEC, the end of the connection (BSD and macOS say EAFNOSUPPORT and do it all the same)",
        ]
    );
    let port_number = steps("port_number");
    assert_eq!(port_number[0], "servaddr: the server's address and port");
    assert!(!port_number.iter().any(|step| step.starts_with("listen")), "{port_number:?}");
    for lab in labs::ALL {
        assert_eq!(steps(lab.name).iter().any(|step| step.starts_with("arguments")), lab.usage != lab.name);
    }
}

fn the_books_korean() {
    let book = fs::read_to_string(root().join("lab-notes/steps.ko.toml")).unwrap();
    for lab in labs::ALL {
        let (english, korean) = (steps_in(lab.name, Lang::En), steps_in(lab.name, Lang::Ko));
        assert_eq!(english.len(), korean.len());
        for (english, korean) in english.iter().zip(&korean) {
            if let Some(arguments) = english.strip_prefix("arguments: ") {
                assert_eq!(*korean, format!("인자: {arguments}"));
            } else {
                let line = format!("\n\"{english}\" = \"{korean}\"\n");
                assert!(book.contains(&line), "{}:{line}", lab.name);
            }
        }
    }
}

/// As the grader's words are.
fn the_locales_language() {
    let folder = tempfile::tempdir().unwrap();
    for (i, (locale, todo)) in [
        (["en_US.UTF-8", "", "ko_KR.UTF-8"], "// TODO socket: open a stream socket"),
        (["", "", "en_GB.UTF-8"], "// TODO socket: open a stream socket"),
        (["", "ko_KR.UTF-8", "en_US.UTF-8"], "// TODO socket: 스트림 소켓 개설"),
        (["C.UTF-8", "en_US.UTF-8", "en_US.UTF-8"], "// TODO socket: 스트림 소켓 개설"),
    ]
    .into_iter()
    .enumerate()
    {
        let to = folder.path().join(i.to_string());
        let mut new_lab = Command::new(root().join("scripts/new-lab"));
        new_lab.args(["mydaytime", "--lang", "c"]).arg(&to);
        new_lab.envs(["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().zip(locale));
        assert!(new_lab.output().unwrap().status.success());
        let text = fs::read_to_string(to.join("mydaytime.c")).unwrap();
        assert!(text.contains(todo), "{locale:?}: {text}");
    }
}

fn nothing_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine.c");
    fs::write(&mine, "int main(void) { return 0; }\n").unwrap();
    for there in [folder.path(), &mine] {
        let output = new_lab(&["byte_order", "--lang", "c", there.to_str().unwrap()]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            said,
            format!("new-lab: {} is there already; give the name of a new folder.\n", there.display())
        );
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    // An empty folder may be filled, and its name may have a space.
    let empty = folder.path().join("my lab");
    fs::create_dir(&empty).unwrap();
    starter("byte_order", "c", Lang::Ko, &empty);
}

fn what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("to");
    let to = to.to_str().unwrap();
    let wrong: [&[&str]; 9] = [
        &[],
        &["byte_order"],
        &["byte_order", to],
        &["byte_order", "--lang", "java", to],
        &["byte_order", to, "--lang"],
        &["byte_order", "--lang", "c", "--comments", "fr", to],
        &["byte_order", "--lang", "c", to, "--comments"],
        &["byte_order", "--lang", "c", to, "more"],
        &["--language=c", "byte_order", to],
    ];
    for arguments in wrong {
        let output = new_lab(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.code() == Some(2)
                && said.starts_with("usage: scripts/new-lab LAB --lang c|rust [--comments ko|en] DIR\n"),
            "{arguments:?}: {said}"
        );
    }
    // daytimeserv is mydaytime's partner, and no lab.
    for unknown in ["daytimeserv", "rules", "../labs/byte_order", "*"] {
        let output = new_lab(&[unknown, "--lang=c", to]);
        let said = String::from_utf8(output.stderr).unwrap();
        let all = labs::ALL.iter().all(|lab| said.contains(lab.name));
        let first = format!("new-lab: there is no lab {unknown}. The labs are:\n");
        assert!(output.status.code() == Some(1) && said.starts_with(&first) && all, "{said}");
    }
    assert!(!Path::new(to).exists());
}
