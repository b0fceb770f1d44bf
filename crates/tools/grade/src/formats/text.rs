//! For people, at a terminal.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr as _;

use crate::report::{CheckResult, Report, Status};
use crate::told::{marks, visible};

/// Where the points stand, if a title is not longer.
const TITLE_WIDTH: usize = 52;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const CYAN: Style = AnsiColor::Cyan.on_default();

pub(super) fn render(report: &Report, colour: bool) -> String {
    let mut page = Page { text: String::new(), colour };
    let lang = report.lang;
    page.line(0, &[(BOLD, &report.lab), (Style::new(), &visible(&report.submission).replace('\n', " "))]);
    let widest = report.checks.iter().map(|check| check.title.width()).max().unwrap_or(0).min(TITLE_WIDTH);
    if !report.checks.is_empty() {
        page.line(0, &[]);
    }
    for check in &report.checks {
        page.check(check, widest, report);
    }
    if report.checks.iter().any(|check| check.status == Status::Skipped) {
        let later =
            lang.of("– 앞의 검사를 통과하면 이어서 검사해요", "– looked at once the checks before it pass");
        page.line(2, &[(DIM, later)]);
    }
    if !report.notes.is_empty() {
        page.line(0, &[]);
        page.line(2, &[(DIM, lang.of("참고 (점수와 무관)", "Notes (no points)"))]);
        for note in &report.notes {
            page.block(4, Style::new(), &format!("· {}", visible(note)));
        }
    }
    if !report.build_log.is_empty() {
        page.line(0, &[]);
        page.line(2, &[(DIM, lang.of("빌드 기록", "Build log"))]);
        page.block(4, DIM, &visible(&report.build_log));
    }
    page.line(0, &[]);
    match marks(report) {
        Ok(score) => {
            let style = if score == report.max_score { GREEN } else { RED }.bold();
            let total = format!("{} {score}/{}", lang.of("합계", "Total"), report.max_score);
            page.line(2, &[(style, &total)]);
        }
        Err(why) => {
            let heading = lang.of("채점하지 못함:", "Not graded:");
            page.line(2, &[(YELLOW.bold(), heading), (Style::new(), visible(&why).trim_end())]);
        }
    }
    let how = match lang {
        labs::words::Lang::Ko => format!("시드 {} · 격리 {}", report.seed, report.tier.name()),
        labs::words::Lang::En => format!("seed {} · tier {}", report.seed, report.tier.name()),
    };
    page.line(
        2,
        &[(DIM, &format!("{how} · {}.{} s", report.duration_ms / 1000, report.duration_ms % 1000 / 100))],
    );
    page.text
}

struct Page {
    text: String,
    colour: bool,
}

impl Page {
    /// One line: its indentation, its words.
    fn line(&mut self, indent: usize, words: &[(Style, &str)]) {
        self.text.extend(std::iter::repeat_n(' ', indent));
        for (i, (style, word)) in words.iter().enumerate() {
            self.text.push_str(if i == 0 { "" } else { " " });
            let painted = if self.colour { format!("{style}{word}{style:#}") } else { (*word).into() };
            self.text.push_str(&painted);
        }
        self.text.push('\n');
    }

    fn block(&mut self, indent: usize, style: Style, text: &str) {
        for line in text.trim_end().lines() {
            self.line(indent, &[(style, line)]);
        }
    }

    fn check(&mut self, check: &CheckResult, widest: usize, report: &Report) {
        let (mark, style) = match check.status {
            Status::Passed => ("✔", GREEN),
            Status::Failed => ("✘", RED),
            Status::Skipped => ("–", DIM),
            Status::Error => ("!", YELLOW),
        };
        let title = visible(&check.title);
        let gap = " ".repeat(widest.saturating_sub(title.width()));
        let points = match check.status {
            Status::Error => format!("{gap}  -/{:<3}", check.points),
            _ => format!("{gap}{:>3}/{:<3}", check.score, check.points),
        };
        let title_style = if check.status == Status::Skipped { DIM } else { Style::new() };
        self.line(2, &[(style, mark), (title_style, &title), (DIM, points.trim_end())]);
        if check.status == Status::Skipped || check.status == Status::Passed && check.message.is_empty() {
            return;
        }
        let lang = report.lang;
        self.block(6, title_style, &visible(&check.message));
        if !check.hint.is_empty() {
            self.block(6, CYAN, &format!("→ {}", visible(&check.hint)));
        }
        if matches!(check.status, Status::Failed) && !check.slide.is_empty() {
            self.line(6, &[(DIM, lang.of("슬라이드", "slide")), (DIM, &check.slide)]);
        }
    }
}
