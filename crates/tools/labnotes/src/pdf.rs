//! The whole book of a language as one PDF: its pages behind each other, printed by a browser without a window.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use labkit::find_program;
use labs::words::Lang;
use maud::{DOCTYPE, PreEscaped, html};

/// Debian's name, Ubuntu's, Google's.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Prints the book that has been built in `book`; where to.
pub fn print(book: &Path, language: Lang) -> Result<PathBuf> {
    let browser = BROWSERS.into_iter().find_map(find_program);
    let browser =
        browser.context("a PDF is printed by chromium, which is not installed: scripts/setup --all")?;
    let folder = book.join(language.of("", "en"));
    // Where the pages are, so that it finds what they find.
    let page = tempfile::Builder::new().suffix(".html").tempfile_in(&folder)?;
    fs::write(page.path(), whole(book, language)?)?;
    let pdf = folder.join("book.pdf");
    let profile = tempfile::tempdir()?;
    // Its sandbox refuses root, who runs it in a container; what it reads has been made here.
    let printed = Command::new(&browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--no-pdf-header-footer", "--generate-pdf-document-outline"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--print-to-pdf={}", pdf.display()))
        .arg(page.path())
        .output()
        .with_context(|| browser.display().to_string())?;
    let said = String::from_utf8_lossy(&printed.stderr);
    ensure!(printed.status.success() && pdf.exists(), "{}: {said}", browser.display());
    Ok(pdf)
}

/// All of a language's pages as one, in the order of the contents, to be put beside them.
pub fn whole(book: &Path, language: Lang) -> Result<String> {
    let folder = book.join(language.of("", "en"));
    let root = language.of("", "../");
    let html_of = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let index = fs::read_dir(&folder)?.find_map(|file| {
        let path = file.ok()?.path();
        // Any page has them; with --only there is one.
        fs::read_to_string(path).ok().filter(|text| text.contains("<nav id=\"contents\""))
    });
    let index = index.with_context(|| format!("{}: no page", folder.display()))?;
    let contents = between(&index, "<nav id=\"contents\"", "</nav>");
    let contents = contents.split_once('>').map_or("", |(_, contents)| contents);
    let names = contents.split("href=\"").skip(1).filter_map(|link| link.split('"').next());
    let title = between(&index, "<a class=\"title\" href=\"index.html\">", "</a>");
    let about = between(&index, "<meta name=\"description\" content=\"", "\"");
    Ok(html! {
        (DOCTYPE)
        html lang=(language.code()) {
            head {
                meta charset="utf-8";
                title { (PreEscaped(title)) }
                link rel="stylesheet" href={ (root) "book.css" };
                link rel="stylesheet" href={ (root) "player.css" };
            }
            body class="paper" {
                header { p class="title" { (PreEscaped(title)) } p { (PreEscaped(about)) } }
                nav data-page="" { h2 { (language.of("목차", "Contents")) } (PreEscaped(contents)) }
                @for name in names {
                    @if let Some(page) = html_of(name) {
                        article data-page=(name.trim_end_matches(".html")) {
                            (PreEscaped(between(&page, "<article>", "</article>")))
                        }
                    }
                }
                script src={ (root) "highlight.js" } {}
                script { (PreEscaped(include_str!("../../../../lab-notes/theme/print.js"))) }
            }
        }
    }
    .into_string())
}

/// What stands between two others, neither of which is in it.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).map_or("", |(_, rest)| rest);
    rest.split_once(after).map_or(rest, |(between, _)| between)
}
