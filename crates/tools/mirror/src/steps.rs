//! The two files as text: are they cut into the same steps, and is each step of Rust as short as that of C?

use std::path::{Path, PathBuf};
use std::{fs, io};

/// A numbered step of a lecture program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `3. bind: give the socket its address`
    pub title: String,
    /// Its text as it stands in the file, without the title and without main's indentation.
    pub code: String,
    /// Lines of code: no blank lines, no comments, no lone closing brackets.
    pub lines: usize,
    /// Why it is longer than the C step, if the file says so: `// Longer than in C: …`
    pub longer_because: Option<String>,
}

/// What is wrong with the steps, and with their sizes; the number of lines of each.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Where the files' steps differ; empty if they don't.
    pub steps: Vec<String>,
    /// Which steps of Rust are too long; empty if none is.
    pub size: Vec<String>,
    /// Lines of code in all steps of C, and of Rust.
    pub lines: (usize, usize),
}

/// Compares `crates/name/name.c` with `crates/name/src/main.rs`.
pub fn check(root: &Path, name: &str) -> io::Result<Report> {
    let mut report = Report::default();
    let [c, rust] = twins(root, name, &mut report.steps)?;

    for i in 0..c.len().max(rust.len()) {
        let (in_c, in_rust) = (title(&c, i), title(&rust, i));
        if in_c != in_rust {
            report.steps.push(format!("C has `{in_c}`, Rust has `{in_rust}`"));
        } else if !in_c.starts_with(&format!("{}. ", i + 1)) {
            report.steps.push(format!("`{in_c}` is step {}", i + 1));
        }
    }
    for (in_c, in_rust) in c.iter().zip(&rust) {
        // 1.5 times the C step and 3 lines more, in whole numbers
        if 2 * in_rust.lines > 3 * in_c.lines + 6 && in_rust.longer_because.is_none() {
            report
                .size
                .push(format!("`{}`: {} lines of Rust for {} of C", in_c.title, in_rust.lines, in_c.lines));
        }
    }
    let sum = |steps: &[Step]| steps.iter().map(|step| step.lines).sum();
    report.lines = (sum(&c), sum(&rust));
    Ok(report)
}

/// The two files of a lecture program: C, Rust.
#[must_use]
pub fn files(root: &Path, name: &str) -> [PathBuf; 2] {
    let folder = root.join("crates").join(name);
    [folder.join(format!("{name}.c")), folder.join("src/main.rs")]
}

/// The steps of both [`files`]. Code that belongs to none goes to `faults`.
pub fn twins(root: &Path, name: &str, faults: &mut Vec<String>) -> io::Result<[Vec<Step>; 2]> {
    let [c, rust] = files(root, name);
    Ok([read(&c, "int main(", faults)?, read(&rust, "() -> Result<(), Error> {", faults)?])
}

fn title(steps: &[Step], i: usize) -> &str {
    steps.get(i).map_or("nothing", |step| step.title.as_str())
}

/// The steps of one file. Code of its main function that stands before the first step goes to `faults`.
pub fn read(path: &Path, main: &str, faults: &mut Vec<String>) -> io::Result<Vec<Step>> {
    let text = fs::read_to_string(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if !inside {
            inside = line.contains(main) && !line.starts_with(' ');
            continue;
        }
        if line == "}" {
            break;
        }
        let whole = line.strip_prefix("    ").unwrap_or(line);
        let line = line.trim();
        if let Some(title) = step_title(line) {
            steps.push(Step { title: title.into(), code: String::new(), lines: 0, longer_because: None });
            continue;
        }
        if let Some(step) = steps.last_mut() {
            step.code += whole;
            step.code.push('\n');
        }
        if let Some(comment) = line.strip_prefix("// ") {
            if let (Some(step), Some(reason)) = (steps.last_mut(), comment.strip_prefix("Longer than in C: "))
            {
                step.longer_because = Some(reason.into());
            }
        } else if line.chars().any(char::is_alphanumeric) {
            match steps.last_mut() {
                Some(step) => step.lines += 1,
                None => faults.push(format!("{}: `{line}` belongs to no step", path.display())),
            }
        }
    }
    for step in &mut steps {
        step.code.truncate(step.code.trim_end().len());
    }
    if steps.is_empty() {
        faults.push(format!("{}: no steps", path.display()));
    }
    Ok(steps)
}

/// `3. bind: …` of a line `// 3. bind: …`
fn step_title(line: &str) -> Option<&str> {
    let title = line.strip_prefix("// ")?;
    let (number, _) = title.split_once(". ")?;
    number.parse::<u8>().ok().map(|_| title)
}
