//! The house in order: one name everywhere, the same steps in both files, no dependency that isn't allowed, and nothing
//! in README or lab-notes that isn't there.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use labkit::{crate_folders, root};

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(args).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "cargo {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The lecture programs: the folders with a C file of the same name.
fn programs() -> BTreeSet<String> {
    let crates = fs::read_dir(root().join("crates")).unwrap();
    let folders = crates.map(|folder| folder.unwrap().file_name().into_string().unwrap());
    folders.filter(|name| root().join(format!("crates/{name}/{name}.c")).exists()).collect()
}

#[test]
fn one_name_everywhere() {
    let metadata: serde_json::Value =
        serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version=1"])).unwrap();
    let mut with_binary = BTreeSet::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
        assert_eq!(folder.file_name().unwrap(), name, "folder and package");
        for target in package["targets"].as_array().unwrap() {
            if target["kind"][0] == "bin" {
                assert_eq!(target["name"], name, "package and binary");
                with_binary.insert(name.to_string());
            }
        }
    }
    assert_eq!(programs().len(), 14, "thirteen lecture programs and daytimeserv");
    assert!(programs().is_subset(&with_binary), "a C file without a Rust program");

    let manifest = read("Cargo.toml");
    let (_, default_members) = manifest.split_once("default-members").unwrap();
    let (default_members, _) = default_members.split_once(']').unwrap();
    let default_members: BTreeSet<String> = default_members
        .split('"')
        .filter_map(|word| word.strip_prefix("crates/"))
        .map(String::from)
        .collect();
    assert_eq!(default_members, programs(), "default-members are the lecture programs");
}

#[test]
fn lecture_programs_and_sockcommon_depend_on_libc_nix_thiserror_and_nothing_else() {
    for name in programs().iter().map(String::as_str).chain(["sockcommon"]) {
        let tree =
            cargo(&["tree", "--locked", "-p", name, "-e", "normal,build", "--depth=1", "--prefix=none"]);
        for line in tree.lines().skip(1) {
            let (dependency, version) = line.split_once(" v").unwrap();
            match dependency {
                "libc" => assert!(version.starts_with("0.2."), "{name}: {line}"),
                "nix" => assert!(version.starts_with("0.31."), "{name}: {line}"),
                "thiserror" => assert!(version.starts_with("2."), "{name}: {line}"),
                "sockcommon" => {}
                _ => panic!("{name} depends on {line}"),
            }
        }
    }
}

/// The step comments of a file: `// 3. bind: give the socket its address`.
fn steps(path: &str) -> Vec<String> {
    let is_step = |line: &&str| {
        line.strip_prefix("// ")
            .and_then(|line| line.split_once(". "))
            .is_some_and(|(n, _)| n.parse::<u8>().is_ok())
    };
    read(path).lines().map(str::trim).filter(is_step).map(String::from).collect()
}

#[test]
fn both_files_have_the_same_steps() {
    for name in programs() {
        let c = steps(&format!("crates/{name}/{name}.c"));
        assert_eq!(c, steps(&format!("crates/{name}/src/main.rs")), "{name}");
        for (i, step) in c.iter().enumerate() {
            assert!(step.starts_with(&format!("// {}. ", i + 1)), "{name}: {step}");
            assert!(step.contains(": "), "{name}: {step} doesn't say what it does");
        }
    }
}

#[test]
fn both_files_have_the_same_header() {
    let header = |path: &str| -> Vec<String> {
        let text = read(path);
        let lines = text.lines().map(|line| line.trim_start_matches(['/', '!', '*', ' ']).to_string());
        lines.filter(|line| line.starts_with("Watch:") || line.starts_with("See:")).collect()
    };
    for name in programs() {
        let c = header(&format!("crates/{name}/{name}.c"));
        assert_eq!(c.len(), 2, "{name}: {c:?}");
        assert_eq!(c, header(&format!("crates/{name}/src/main.rs")), "{name}");
    }
}

#[test]
fn readmes_map_has_every_program_once() {
    let readme = read("README.md");
    let rows: Vec<&str> =
        readme.lines().filter(|line| line.starts_with("| ") && line.contains("main.rs")).collect();
    for name in programs() {
        let links = format!("[C](crates/{name}/{name}.c) | [Rust](crates/{name}/src/main.rs)");
        let rows: Vec<&&str> = rows.iter().filter(|row| row.contains(&links)).collect();
        assert_eq!(rows.len(), 1, "{name}");

        let usage = rows[0].split('`').nth(1).unwrap();
        let main = read(&format!("crates/{name}/src/main.rs"));
        assert!(main.contains(&format!("parse_args(\"{usage}\")")), "README says `{usage}`");

        // `(slides 15, 36-44).` at the end of the header's first line
        let (_, header) = main.lines().next().unwrap().rsplit_once('(').unwrap();
        let numbers = |text: &str| text.replace(|c: char| !c.is_ascii_digit() && c != '-', " ");
        let numbers = |text: &str| numbers(text).split_whitespace().map(String::from).collect::<Vec<_>>();
        assert_eq!(numbers(rows[0].split('|').nth(1).unwrap()), numbers(header), "{name}: slides");
    }
    assert_eq!(rows.len(), programs().len());
}

/// All of the project's Markdown.
fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_string()];
    for page in fs::read_dir(root().join("lab-notes")).unwrap().map(|page| page.unwrap().path()) {
        if page.extension().is_some_and(|extension| extension == "md") {
            pages.push(format!("lab-notes/{}", page.file_name().unwrap().display()));
        }
    }
    pages
}

#[test]
fn every_link_leads_somewhere() {
    for page in pages() {
        let folder = root().join(&page).parent().unwrap().to_path_buf();
        for link in read(&page).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !link.contains("://") && !link.starts_with('#') {
                assert!(folder.join(link).exists(), "{page}: {link}");
            }
        }
    }
}

#[test]
fn every_command_names_a_program_that_is_there() {
    for page in pages() {
        for name in read(&page)
            .split("cargo run -p ")
            .skip(1)
            .filter_map(|rest| rest.split([' ', '`', '\n', '\'']).next())
        {
            let there = crate_folders(&root()).unwrap().iter().any(|folder| folder.ends_with(name));
            assert!(there, "{page}: cargo run -p {name}");
        }
    }
}

#[test]
fn every_test_that_departures_names_is_there() {
    let mut named = 0;
    for test in read("lab-notes/departures.md").split('`').filter(|code| code.contains("::")) {
        let (package, name) = test.split_once("::").unwrap();
        let folders = crate_folders(&root()).unwrap();
        let Some(folder) = folders.iter().find(|folder| folder.ends_with(package)) else { continue };
        let tests = fs::read_dir(folder.join("tests")).unwrap();
        let found = tests
            .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
            .any(|file| file.contains(&format!("fn {name}()")) || file.contains(&format!("\"{name}\"")));
        assert!(found, "departures.md names {test}");
        named += 1;
    }
    assert!(named > 0);
}

#[test]
fn open_sockets_numbers_are_3_to_6_through_cargo_run_too() {
    let output = cargo(&["run", "--quiet", "--profile=observed", "-p", "open_socket"]);
    let numbers: Vec<&str> = output.lines().filter_map(|line| line.split(" = ").nth(1)).collect();
    assert_eq!(numbers, ["3", "4", "5", "6"]);
}
