//! Builds the book: both languages, Korean at the root and English in `en/`, with one style sheet and one script.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::{fs, thread};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use labs::words::Lang;
use mdbook_driver::MDBook;
use mdbook_driver::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use mirror::PROGRAMS;

use crate::data::Data;
use crate::directives::{self, Sources};
use crate::glossary::{Glossary, Prose};
use crate::ladder;
use crate::pages::{self, Page, Piece};
use crate::questions::Questions;
use crate::real::{Real, Seen, Wanted};
use crate::search::{self, Section};

/// What goes into a book.
pub struct Notes {
    /// The root of the workspace.
    pub root: PathBuf,
    /// Slides, facts, departures.
    pub data: Data,
    /// The terms.
    pub glossary: Glossary,
    /// What the pages say, in the order of the book: Korean, English.
    pub prose: [Vec<Prose>; 2],
    /// What the players ask.
    pub questions: Questions,
    /// Korean, English.
    pub pages: [Vec<Page>; 2],
    /// For each slide its pages.
    pub homes: BTreeMap<u8, Vec<String>>,
    /// For each page its programs.
    pub programs: BTreeMap<String, Vec<&'static str>>,
    titles: BTreeMap<String, [String; 2]>,
}

impl Notes {
    /// Reads `lab-notes/`.
    pub fn read(root: &Path) -> Result<Self> {
        let data = Data::read(root)?;
        let questions = Questions::read(root)?;
        let pages = [pages::read(root, Lang::Ko)?, pages::read(root, Lang::En)?];
        let glossary = Glossary::read(root)?;
        let prose = [Prose::of_all(root, Lang::Ko, &pages[0])?, Prose::of_all(root, Lang::En, &pages[1])?];
        let mut titles: BTreeMap<String, [String; 2]> = BTreeMap::new();
        for (i, page) in
            pages.iter().enumerate().flat_map(|(i, pages)| pages.iter().map(move |page| (i, page)))
        {
            let title = page.headings().into_iter().find(|heading| heading.level == 1);
            let title = title.with_context(|| format!("{}: no title", page.file()))?.text;
            titles.entry(page.name.clone()).or_default()[i] = title;
        }
        let mut homes: BTreeMap<u8, Vec<String>> = BTreeMap::new();
        let mut programs = BTreeMap::new();
        for page in &pages[0] {
            for slide in page.slides()? {
                data.slide(slide, Lang::Ko).with_context(|| page.file())?;
                homes.entry(slide).or_default().push(page.name.clone());
            }
            programs.insert(page.name.clone(), programs_of(page)?);
        }
        // A program's own page is a slide's first home.
        for homes in homes.values_mut() {
            homes.sort_by_key(|home| !PROGRAMS.contains(&home.as_str()));
        }
        Ok(Notes {
            root: root.to_path_buf(),
            data,
            glossary,
            prose,
            questions,
            pages,
            homes,
            programs,
            titles,
        })
    }

    /// README's picture, `lab-notes/tcp_echoserv.svg`.
    pub fn picture(real: &Real) -> Result<String> {
        let Seen::Scene(both) = real.get(&Wanted::Scene("tcp_echoserv"))? else { bail!("no scene") };
        Ok(ladder::file(
            &stepper::ladder::rungs(&both[1], stepper::lang::Lang::En),
            ["tcp_echocli", "tcp_echoserv"],
        ))
    }

    /// The slides, for the search.
    fn slides(&self, language: Lang) -> Result<Vec<Section>> {
        let mut slides = Vec::new();
        for (number, homes) in &self.homes {
            let Some(home) = homes.first() else { continue };
            let page = self.titles.get(home).map_or(home.as_str(), |[ko, en]| language.of(ko, en));
            slides.push(search::slide(*number, self.data.slide(*number, language)?, home, page, language));
        }
        Ok(slides)
    }

    /// The table slide → page → program, as text.
    #[must_use]
    pub fn map(&self) -> String {
        let mut map = String::new();
        for (number, [title, _]) in &self.data.slides {
            let homes = self.homes.get(number).cloned().unwrap_or_default();
            let programs: Vec<&str> =
                homes.iter().filter_map(|home| self.programs.get(home)).flatten().copied().collect();
            let _ = writeln!(map, "{number:>2}  {title}  →  {}  →  {}", list(&homes), list(&programs));
        }
        map
    }

    /// Builds both languages into `out`, in place of what is there; only these pages if any are named. Whatever goes wrong,
    /// what is there stays.
    pub fn build(self: &Arc<Self>, real: &Arc<Real>, out: &Path, only: &[String]) -> Result<()> {
        ensure!(!out.exists() || is_ours(out)?, "{} is no book of ours: not emptied", out.display());
        real.try_lab()?;
        let chosen = |page: &&Page| only.is_empty() || only.contains(&page.name);
        let mut wanted = Vec::new();
        for page in self.pages.iter().flatten().filter(chosen) {
            wanted.extend(directives::wanted(page, &self.questions)?);
        }
        real.prepare(&wanted);

        // Beside it, so that it is moved in one step.
        let beside = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(beside)?;
        let unfinished = tempfile::tempdir_in(beside)?;
        let book = unfinished.path().join("book");
        fs::create_dir_all(book.join("en"))?;
        let theme = self.root.join("lab-notes/theme");
        for file in ["book.css", "book.js", "player.css", "player.js", "icon.svg"] {
            fs::copy(theme.join(file), book.join(file)).with_context(|| format!("lab-notes/theme/{file}"))?;
        }
        fs::write(book.join(".nojekyll"), "")?;
        fs::write(book.join(MARKER), "")?;
        let build = |language: Lang| {
            let built = self.build_language(real, language, &book, only);
            built.with_context(|| format!("lab-notes/{}", language.code()))
        };
        thread::scope(|scope| {
            let english = scope.spawn(|| build(Lang::En));
            build(Lang::Ko)?;
            english.join().map_err(|_| anyhow!("the English book has panicked"))?
        })?;
        if out.exists() {
            fs::remove_dir_all(out)?;
        }
        fs::rename(&book, out).with_context(|| out.display().to_string())
    }

    fn build_language(
        self: &Arc<Self>,
        real: &Arc<Real>,
        language: Lang,
        out: &Path,
        only: &[String],
    ) -> Result<()> {
        let temporary = tempfile::tempdir()?;
        let mut book = MDBook::load(self.root.join("lab-notes").join(language.code()))?;
        book.config.build.build_dir = temporary.path().to_path_buf();
        let expanded = Arc::new(Mutex::new(Vec::new()));
        book.with_preprocessor(Directives {
            notes: Arc::clone(self),
            real: Arc::clone(real),
            language,
            only: only.to_vec(),
            expanded: Arc::clone(&expanded),
        });
        book.build()?;

        let expanded = expanded.lock().map_err(|_| anyhow!("a page has panicked"))?;
        let folder = out.join(language.of("", "en/"));
        for (name, _) in expanded.iter() {
            let html = fs::read_to_string(temporary.path().join(format!("{name}.html")))?;
            fs::write(folder.join(format!("{name}.html")), with_links(&html, name, language))?;
        }
        let met = self.glossary.met_at(&self.prose[0])?;
        let terms: Vec<_> = self.glossary.term.iter().zip(met).collect();
        let index = search::index(&expanded, self.slides(language)?, &terms, language)?;
        fs::write(folder.join("search.js"), index)?;
        if language == Lang::Ko {
            fs::copy(highlight_js(temporary.path())?, out.join("highlight.js"))?;
        }
        Ok(())
    }
}

fn list<S: AsRef<str>>(names: &[S]) -> String {
    if names.is_empty() {
        return "-".into();
    }
    names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

/// The file that says of a folder that it is a book of ours, so that another may take its place.
const MARKER: &str = ".made-by-labnotes";

/// Is it empty, or has it been built by us?
fn is_ours(out: &Path) -> Result<bool> {
    Ok(out.join(MARKER).exists() || fs::read_dir(out)?.next().is_none())
}

/// mdBook gives it a name with a hash.
fn highlight_js(folder: &Path) -> Result<PathBuf> {
    let files = fs::read_dir(folder)?.filter_map(|file| Some(file.ok()?.path()));
    let mut found = files.filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("highlight") && name.ends_with(".js")
    });
    found.next().context("mdBook brings no highlight.js")
}

/// The template doesn't know where the root is, nor which page is the same in the other language.
fn with_links(html: &str, name: &str, language: Lang) -> String {
    let root = language.of("", "../");
    let twin = language.of(format!("en/{name}.html"), format!("../{name}.html"));
    // A table's corner is no header of anything.
    let html = html.replace("@ROOT@", root).replace("@TWIN@", &twin).replace("<th></th>", "<td></td>");
    // The table of contents has the pages' Markdown files, as mdBook gives them to the theme.
    let Some((before, contents)) = html.split_once("<nav id=\"contents\"") else { return html };
    let (contents, after) = contents.split_once("</nav>").unwrap_or((contents, ""));
    format!("{before}<nav id=\"contents\"{}</nav>{after}", contents.replace(".md\"", ".html\""))
}

/// The programs whose steps, or whose header, a page shows.
fn programs_of(page: &Page) -> Result<Vec<&'static str>> {
    let mut programs = Vec::new();
    for piece in page.pieces()? {
        if let Piece::Directive { name, arguments, .. } = piece
            && matches!(name.as_str(), "program" | "steps")
            && let Some(program) = PROGRAMS.into_iter().find(|program| *program == arguments)
            && !programs.contains(&program)
        {
            programs.push(program);
        }
    }
    Ok(programs)
}

/// Puts everything in its place before mdBook renders the page.
struct Directives {
    notes: Arc<Notes>,
    real: Arc<Real>,
    language: Lang,
    only: Vec<String>,
    /// Each page's name and its expanded Markdown, for the search.
    expanded: Arc<Mutex<Vec<(String, String)>>>,
}

impl Preprocessor for Directives {
    fn name(&self) -> &'static str {
        "labnotes"
    }

    fn run(&self, _: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let notes = &self.notes;
        let sources = Sources {
            root: &notes.root,
            data: &notes.data,
            real: &self.real,
            questions: &notes.questions,
            glossary: &notes.glossary,
            prose: &notes.prose,
            homes: &notes.homes,
            titles: &notes.titles,
            programs: &notes.programs,
        };
        let mut faults = Vec::new();
        let mut expanded = Vec::new();
        book.for_each_mut(|item| {
            let BookItem::Chapter(chapter) = item else { return };
            let Some(path) = &chapter.path else { return };
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let pages = self.language.of(&notes.pages[0], &notes.pages[1]);
            let Some(page) = pages.iter().find(|page| page.name == name) else { return };
            if !self.only.is_empty() && !self.only.contains(&name) {
                chapter.content = String::new();
                return;
            }
            match directives::expand(page, &sources).with_context(|| page.file()) {
                Ok(text) => {
                    chapter.content.clone_from(&text);
                    expanded.push((name, text));
                }
                Err(error) => faults.push(format!("{error:#}")),
            }
        });
        ensure!(faults.is_empty(), "{}", faults.join("\n"));
        *self.expanded.lock().map_err(|_| anyhow!("a page has panicked"))? = expanded;
        Ok(book)
    }
}
