//! The plan of the house: which crate uses which, and which file uses which. Arrows point one way, and no crate outgrows the
//! others.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use labkit::{crate_folders, root};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Sources that are built together.
struct Part {
    /// Where they are, from `crates/` on.
    folder: &'static str,
    /// The crates of this house that it uses.
    uses: &'static [&'static str],
    /// Those that its tests alone use.
    tests_use: &'static [&'static str],
    /// Its files. Each uses only those that stand before it.
    files: &'static [&'static str],
}

/// All but the lecture programs, which use sockcommon, and labkit in their tests. Each uses only those that stand before it.
const PLAN: [Part; 9] = [
    Part { folder: "sockcommon/src", uses: &[], tests_use: &[], files: &["lib"] },
    Part {
        folder: "tools/labkit/src",
        uses: &[],
        tests_use: &[],
        files: &["doings", "wait", "sockets", "running", "program", "trial", "peers", "trace", "lib"],
    },
    Part {
        folder: "tools/stepper/src",
        uses: &["labkit"],
        tests_use: &[],
        files: &[
            "recording",
            "decode::calls",
            "decode",
            "lang",
            "lines",
            "console",
            "network",
            "tracee",
            "wait",
            "choice",
            "kernel",
            "stage",
            "stage::run",
            "scenes",
            "normal",
            "wire",
            "ladder",
            "titles",
            "html",
            "pcapng",
            "screen::text",
            "screen::moment",
            "screen::sockets",
            "screen::side",
            "screen::turns",
            "screen::draw",
            "screen",
            "lib",
            "live",
            "main",
        ],
    },
    Part {
        folder: "tools/mirror/src",
        uses: &["labkit", "stepper"],
        tests_use: &[],
        files: &["own", "scenes", "steps", "stage", "report", "faults", "lib", "main"],
    },
    Part {
        folder: "tools/mirror/benches/bench",
        uses: &["labkit"],
        tests_use: &[],
        files: &["machine", "memory", "report", "programs", "clients", "main"],
    },
    Part {
        folder: "tools/jail/src",
        uses: &["labkit"],
        tests_use: &[],
        files: &[
            "tier", "limits", "cgroup", "folder", "process", "jail", "filter", "network", "reduced",
            "inside", "starter", "place", "lib",
        ],
    },
    Part {
        folder: "tools/labs/src",
        uses: &["jail", "labkit"],
        tests_use: &[],
        files: &[
            "words",
            "verdict",
            "calls",
            "bench::show",
            "bench::tables",
            "bench::watch",
            "bench::run",
            "bench::peer",
            "bench::echo",
            "bench",
            "lab",
            "search",
            "search::tcp_server",
            "search::client",
            "search::tcp_client",
            "search::udp_server",
            "search::udp_client",
            "labs::causes",
            "labs::printed",
            "labs::servers",
            "labs::tcp_client",
            "labs::hosts",
            "labs::udp_client",
            "labs::open_socket",
            "labs::getdtablesize",
            "labs::byte_order",
            "labs::ascii_ip",
            "labs::get_hostent",
            "labs::get_host_byaddr",
            "labs::mydaytime",
            "labs::tcp_echocli",
            "labs::port_number",
            "labs::tcp_echoserv",
            "labs::udp_echocli",
            "labs::udp_echoserv",
            "labs::connected_udp",
            "labs",
            "lib",
        ],
    },
    Part {
        folder: "tools/grade/src",
        uses: &["jail", "labkit", "labs", "stepper"],
        tests_use: &[],
        files: &[
            "files",
            "no_sandbox",
            "recording",
            "report",
            "unpack",
            "submission::copy",
            "submission::kind",
            "submission::build",
            "submission",
            "judge",
            "told",
            "formats::text",
            "formats::json",
            "formats::gradescope",
            "formats::classroom50",
            "formats::junit",
            "formats",
            "similar",
            "handed_in",
            "sheet",
            "roster",
            "results",
            "replay",
            "gather",
            "form",
            "changes",
            "pages",
            "class",
            "lib",
            "main",
        ],
    },
    Part {
        folder: "tools/labnotes/src",
        uses: &["labkit", "labs", "mirror", "stepper"],
        tests_use: &["grade", "jail"],
        files: &[
            "pages",
            "play",
            "real",
            "questions",
            "ladder",
            "figures",
            "states",
            "code",
            "data",
            "glossary",
            "search",
            "teaching",
            "directives",
            "book",
            "pdf",
            "check",
            "serve",
            "lib",
            "main",
        ],
    },
];

impl Part {
    /// The crate's name.
    fn name(&self) -> &str {
        self.folder.strip_suffix("/src").unwrap_or(self.folder).rsplit('/').next().unwrap()
    }
}

#[test]
fn crates_use_only_what_stands_below_them() {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let mut planned: BTreeSet<&str> = BTreeSet::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        // Of this house: those that no registry has.
        let of_kind = |kind: Option<&str>| -> BTreeSet<&str> {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let ours = dependencies.filter(|used| used["source"].is_null() && used["kind"].as_str() == kind);
            ours.map(|used| used["name"].as_str().unwrap()).collect()
        };
        let (uses, tests_use) = (of_kind(None), of_kind(Some("dev")));
        let Some(at) = PLAN.iter().position(|part| part.folder.ends_with("/src") && part.name() == name)
        else {
            assert!(root().join(format!("crates/{name}/{name}.c")).exists(), "{name} is not in the plan");
            assert_eq!((uses, tests_use), (["sockcommon"].into(), ["labkit"].into()), "{name}");
            continue;
        };
        let part = &PLAN[at];
        assert_eq!(uses, part.uses.iter().copied().collect(), "{name} uses");
        assert_eq!(tests_use, part.tests_use.iter().copied().collect(), "{name}'s tests use");
        let below: BTreeSet<&str> = PLAN[..at].iter().map(Part::name).collect();
        for used in uses.union(&tests_use) {
            assert!(below.contains(used), "{name} uses {used}, which does not stand below it");
        }
        planned.insert(name);
    }
    // Of what is built beside a crate, the crates are those that its files name.
    let is_crate = |path: &Module| PLAN.iter().any(|part| path[..] == [part.name()]);
    for part in PLAN.iter().filter(|part| !part.folder.ends_with("/src")) {
        let mut paths = Vec::new();
        for path in sources(&root().join("crates").join(part.folder), &[]).values() {
            named(fs::read_to_string(path).unwrap().parse().unwrap(), &[], &is_crate, &mut paths);
        }
        let firsts = paths.iter().filter_map(|path| path.first());
        let uses: BTreeSet<&str> =
            firsts.map(String::as_str).filter(|first| is_crate(&vec![(*first).to_string()])).collect();
        assert_eq!(uses, part.uses.iter().copied().collect(), "{} uses", part.folder);
    }
    let all: BTreeSet<&str> =
        PLAN.iter().filter(|part| part.folder.ends_with("/src")).map(Part::name).collect();
    assert_eq!(planned, all);
}

#[test]
fn files_use_only_what_stands_below_them() {
    for part in &PLAN {
        let files = sources(&root().join("crates").join(part.folder), &[]);
        let named: BTreeSet<String> = files.keys().map(|module| name(module)).collect();
        // A library's program is a second root, which uses it from outside.
        let roots = ["lib", "main"].map(|root| (root, root.to_string()));
        let has = |root: &str| root_of(part, root).exists();
        let named: BTreeSet<String> = named
            .into_iter()
            .filter(|name| !name.is_empty())
            .chain(roots.into_iter().filter(|(root, _)| has(root)).map(|(_, name)| name))
            .collect();
        assert_eq!(named, part.files.iter().map(ToString::to_string).collect(), "crates/{}", part.folder);

        let top = if has("lib") { "lib" } else { "main" };
        let place = |module: &[String]| {
            let name = if module.is_empty() { top.to_string() } else { name(module) };
            part.files.iter().position(|file| *file == name).unwrap()
        };
        for (module, path) in &files {
            let text = fs::read_to_string(path).unwrap();
            for used in arrows(&text, module, &files) {
                let (file, used_file) = (part.files[place(module)], part.files[place(&used)]);
                let below = place(&used) < place(module);
                assert!(below, "{}: {file} uses {used_file}, which does not stand below it", part.folder);
            }
        }
    }
}

fn root_of(part: &Part, root_file: &str) -> PathBuf {
    root().join("crates").join(part.folder).join(format!("{root_file}.rs"))
}

/// A module's path: none for a crate's root.
type Module = Vec<String>;

fn name(module: &[String]) -> String {
    module.join("::")
}

/// The modules of a folder, each with its file. The root is the library's where there is one.
fn sources(folder: &Path, inside: &[String]) -> BTreeMap<Module, PathBuf> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let child = |name: &str| [inside, &[name.to_string()]].concat();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if path.is_dir() {
            files.extend(sources(&path, &child(stem)));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            match stem {
                "main" if folder.join("lib.rs").exists() => {}
                "lib" | "main" | "mod" => drop(files.insert(inside.to_vec(), path)),
                stem => drop(files.insert(child(stem), path.clone())),
            }
        }
    }
    files
}

/// The other modules that a module's text names: `crate::…`, `super::…`, and those within it.
fn arrows(text: &str, module: &[String], files: &BTreeMap<Module, PathBuf>) -> BTreeSet<Module> {
    let mut paths = Vec::new();
    let tokens: TokenStream = text.parse().unwrap();
    named(tokens, module, &|module| files.contains_key(module), &mut paths);
    // Of what a path names, the module is the longest beginning that is one.
    let module_of = |path: &Module| {
        (0..=path.len()).rev().map(|n| path[..n].to_vec()).find(|module| files.contains_key(module))
    };
    paths.iter().filter_map(module_of).filter(|used| used != module).collect()
}

/// All paths of this crate that are named in the text of `module`, from the crate's root on.
fn named(text: TokenStream, module: &[String], is_module: &dyn Fn(&Module) -> bool, paths: &mut Vec<Module>) {
    let tokens: Vec<TokenTree> = text.into_iter().collect();
    let word = |i: usize| match tokens.get(i) {
        Some(TokenTree::Ident(ident)) => ident.to_string(),
        _ => String::new(),
    };
    let mut i = 0;
    while i < tokens.len() {
        let first = word(i);
        let child = [module, std::slice::from_ref(&first)].concat();
        let start = match first.as_str() {
            "crate" => Some(Vec::new()),
            "self" => Some(module.to_vec()),
            "super" => Some(module[..module.len().saturating_sub(1)].to_vec()),
            _ if is_module(&child) => Some(child),
            _ => None,
        };
        match (&tokens[i], start) {
            // A path's first word has nothing before it.
            (_, Some(start)) if colons(&tokens, i + 1) && !(i >= 2 && colons(&tokens, i - 2)) => {
                rest(&tokens[i + 3..], start, paths);
            }
            (TokenTree::Group(group), _) => {
                // `mod tests { … }`, whose `super` is this file.
                let own = (i >= 2 && word(i - 2) == "mod").then(|| [module, &[word(i - 1)]].concat());
                named(group.stream(), own.as_deref().unwrap_or(module), is_module, paths);
            }
            _ => {}
        }
        i += 1;
    }
}

fn colons(tokens: &[TokenTree], at: usize) -> bool {
    (at..at + 2).all(|i| matches!(tokens.get(i), Some(TokenTree::Punct(punct)) if punct.as_char() == ':'))
}

/// What follows `start::`: a name, names in braces, or `super` once more.
fn rest(tokens: &[TokenTree], mut start: Module, paths: &mut Vec<Module>) {
    match tokens.first() {
        Some(TokenTree::Ident(ident)) if ident == "super" => drop(start.pop()),
        Some(TokenTree::Ident(ident)) if ident != "self" => start.push(ident.to_string()),
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
            let comma =
                |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
            for one in tokens.split(comma) {
                rest(one, start.clone(), paths);
            }
            return;
        }
        _ => {}
    }
    if colons(tokens, 1) { rest(&tokens[3..], start, paths) } else { paths.push(start) }
}

#[test]
fn a_use_is_seen_however_it_is_written() {
    let module = |path: &str| path.split("::").map(String::from).collect::<Module>();
    let files: BTreeMap<Module, PathBuf> =
        ["a", "a::b", "a::c", "d"].map(|path| (module(path), "".into())).into();
    let uses = |text: &str| -> String {
        let arrows = arrows(text, &module("a"), &files);
        arrows.iter().map(|used| name(used)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(uses("use crate::d; mod b;"), "d");
    assert_eq!(uses("use crate::{a::{Own, c::Name}, d::{self, Other as O}};"), "a::c d");
    assert_eq!(uses("fn f() -> b::Name { g!(x, super::d::h()) } // crate::a::c"), "a::b d");
    assert_eq!(
        uses("pub(crate) fn f(b: std::b::C) { \"crate::d\"; e::b::f() } mod tests { use super::*; }"),
        ""
    );
    assert_eq!(uses("mod tests { use super::super::d; }"), "d");
}

#[test]
fn no_crate_has_more_than_a_third_of_all_lines() {
    // What tests hand in to be graded is as many programs of others, and no part of the house.
    const HANDED_IN: [&str; 2] = ["tests/submissions", "tests/similar"];
    fn lines(path: &Path) -> usize {
        if HANDED_IN.iter().any(|folder| path.ends_with(folder)) {
            return 0;
        }
        if path.is_dir() {
            return fs::read_dir(path).unwrap().map(|entry| lines(&entry.unwrap().path())).sum();
        }
        fs::read(path).unwrap().split(|byte| *byte == b'\n').count() - 1
    }
    let crates: BTreeMap<PathBuf, usize> =
        crate_folders(&root()).unwrap().into_iter().map(|folder| (folder.clone(), lines(&folder))).collect();
    let all: usize = crates.values().sum();
    for (folder, lines) in crates {
        assert!(lines * 3 <= all, "{}: {lines} of {all} lines", folder.display());
    }
}

#[test]
fn in_crates_are_the_lecture_programs_what_they_share_and_the_tools() {
    let entries = fs::read_dir(root().join("crates")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let others: BTreeSet<String> =
        names.filter(|name| !root().join(format!("crates/{name}/{name}.c")).exists()).collect();
    assert_eq!(others, ["sockcommon", "tools"].map(String::from).into());
}
