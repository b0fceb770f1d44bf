//! The book in a real browser: Debian's chromium, without a window, driven through its debugging pipe.

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use labkit::{Trial, Workspace, trial, trial_with};
use labnotes::serve::Serving;
use labs::words::Lang;
use serde_json::{Value, json};

use crate::chromium::{self, Browser, Page};
use crate::common;

pub(crate) fn trials() -> Vec<Trial> {
    let missing = common::missing_lab();
    // One for all: it takes longer to start than most tests. It is gone with the last of them.
    let book = Arc::new(Mutex::new(None));
    let browser = |name, test: fn(&mut Book)| {
        let book = Arc::clone(&book);
        let test = move || test(book.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(open));
        match &missing {
            Some(missing) => trial(name, Some(missing.clone()), test),
            None => trial_with(&[chromium::program().unwrap_or("chromium")], name, test),
        }
    };
    vec![
        browser("every_page_loads_and_is_readable_and_none_scrolls_sideways", every_page),
        browser("c_and_rust_stand_side_by_side_and_on_a_phone_one_below_the_other", side_by_side),
        browser("a_step_that_is_pointed_at_or_tapped_is_marked_on_both_sides", marks_both_sides),
        browser("the_search_finds_korean_words", search_finds),
        browser("the_button_for_light_and_dark_is_remembered", theme),
        browser("a_page_from_a_file_works_too", from_a_file),
        browser("pictures_of_three_pages_are_kept", screenshots),
    ]
}

const WIDE: (u32, u32) = (1280, 900);
const PHONE: (u32, u32) = (390, 844);

struct Book {
    browser: Browser,
    serving: Serving,
}

fn open() -> Book {
    let serving = Serving::start(common::book(), 0, false).unwrap();
    Book { browser: Browser::start(), serving }
}

impl Book {
    fn base(&self) -> String {
        format!("http://{}/", self.serving.address)
    }

    fn page(&mut self, path: &str, size: (u32, u32)) -> Page<'_> {
        let url = self.base() + path;
        let mut page = self.browser.page();
        page.size(size);
        page.open(&url);
        page
    }
}

/// `tcp_echoserv.html`, `en/tcp_echoserv.html`, …, each with its language.
fn paths() -> Vec<(String, &'static str)> {
    let mut paths = Vec::new();
    for language in Lang::ALL {
        for file in fs::read_dir(common::book().join(language.of("", "en/"))).unwrap() {
            let file = file.unwrap().path();
            let name = file.file_name().unwrap().to_str().unwrap();
            if file.extension().is_some_and(|extension| extension == "html") {
                paths.push((format!("{}{name}", language.of("", "en/")), language.code()));
            }
        }
    }
    paths.sort();
    assert!(paths.len() >= 8, "{paths:?}");
    paths
}

fn every_page(book: &mut Book) {
    let base = book.base();
    for (path, language) in paths() {
        let mut page = book.page(&path, WIDE);
        assert_eq!(page.complaints(&base), Vec::<String>::new(), "{path}");
        assert_eq!(page.eval("document.documentElement.lang"), language, "{path}");
        assert_eq!(page.eval("document.querySelectorAll('main h1').length"), 1, "{path}");
        let twin = page.eval("document.querySelector('.twin-page').href");
        let twin = twin.as_str().unwrap();
        let other =
            if let Some(path) = path.strip_prefix("en/") { path.into() } else { format!("en/{path}") };
        assert_eq!(twin, base.clone() + &other);
        for size in [WIDE, PHONE] {
            page.size(size);
            assert!((page.number("innerWidth") - f64::from(size.0)).abs() < 1.0, "{path}");
            // A phone's browser would make its window larger than the screen rather than scroll.
            let wide = page.number("document.documentElement.scrollWidth");
            assert!(wide <= f64::from(size.0), "{path} is {wide} px wide in a window of {}", size.0);
        }
        page.size(WIDE);
        for scheme in ["light", "dark"] {
            page.scheme(scheme);
            assert_eq!(page.eval(CONTRAST), json!([]), "{path}, {scheme}");
        }
    }
}

const TWINS: &str = "[...document.querySelectorAll('.step')].map(step => {
    const [c, rust] = [...step.querySelectorAll('.twin')].map(twin => twin.getBoundingClientRect());
    return [c.left, c.top, c.right, c.bottom, rust.left, rust.top].map(Math.round);
})";

fn side_by_side(book: &mut Book) {
    let rows = |page: &mut Page| -> Vec<Vec<f64>> { serde_json::from_value(page.eval(TWINS)).unwrap() };
    let wide = rows(&mut book.page("tcp_echoserv.html", WIDE));
    assert_eq!(wide.len(), 9);
    for row in wide {
        assert!(row[4] > row[2] && (row[5] - row[1]).abs() < 1.0, "Rust is not to the right of C: {row:?}");
    }
    for row in rows(&mut book.page("tcp_echoserv.html", PHONE)) {
        assert!(row[5] > row[3] && (row[4] - row[0]).abs() < 1.0, "Rust is not below C: {row:?}");
    }
}

fn marks_both_sides(book: &mut Book) {
    let mut page = book.page("tcp_echoserv.html", WIDE);
    let colours = |page: &mut Page, step: u8| -> Vec<String> {
        let colours = page.eval(&format!(
            "[...document.querySelectorAll('#tcp_echoserv-{step} .twin pre')].map(pre => getComputedStyle(pre).backgroundColor)"
        ));
        serde_json::from_value(colours).unwrap()
    };
    let plain = colours(&mut page, 5);
    assert_eq!(plain[0], plain[1]);

    // The mouse over C marks Rust too, and no other step.
    page.eval(
        "document.querySelector('#tcp_echoserv-5').scrollIntoView({block: 'center', behavior: 'instant'})",
    );
    page.point_at("#tcp_echoserv-5 .twin pre");
    page.until(
        "both sides marked",
        "document.querySelector('#tcp_echoserv-5').matches(':hover') && \
         document.getAnimations().every(animation => animation.playState === 'finished')",
    );
    let marked = colours(&mut page, 5);
    assert_ne!(marked[0], plain[0]);
    assert_eq!(marked[0], marked[1]);
    assert_eq!(colours(&mut page, 3), plain);

    // So does the keyboard, and a finger.
    page.eval("document.querySelector('#tcp_echoserv-3').focus()");
    page.until(
        "both sides marked",
        "document.getAnimations().every(animation => animation.playState === 'finished')",
    );
    assert_eq!(colours(&mut page, 3), marked);
    page.tap("#tcp_echoserv-5 .step-title");
    page.until("a tapped step", "document.activeElement.id === 'tcp_echoserv-5'");
}

fn search_finds(book: &mut Book) {
    let mut page = book.page("index.html", WIDE);
    page.eval("document.getElementById('query').focus()");
    page.type_text("핸드쉐이크"); // on the page it has a particle: 핸드쉐이크가
    page.until("something found", "document.querySelectorAll('#found a').length > 0");
    let found = page.eval("[...document.querySelectorAll('#found a')].map(a => a.getAttribute('href'))");
    let found: Vec<String> = serde_json::from_value(found).unwrap();
    assert!(found.iter().any(|url| url.starts_with("tcp_echoserv.html")), "{found:?}");
    assert_eq!(page.eval("document.querySelector('#found mark').textContent"), "핸드쉐이크");

    page.eval("document.getElementById('query').value = ''");
    page.type_text("수동적 listen");
    page.until(
        "tcp_echoserv first",
        "document.querySelector('#found a')?.href.includes('tcp_echoserv.html')",
    );
    page.eval("document.getElementById('query').value = ''");
    page.type_text("없는낱말이에요");
    page.until("nothing", "document.getElementById('found').textContent.includes('찾지 못했어요')");

    drop(page);
    let mut page = book.page("en/index.html", WIDE);
    page.eval("document.getElementById('query').focus()");
    page.type_text("handshake");
    page.until("something found", "document.querySelectorAll('#found a').length > 0");
}

/// WCAG AA: every text against what is painted behind it.
const CONTRAST: &str = r"(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const parsed = new Map(); // a page has few colours
    const parse = colour => {
        if (!parsed.has(colour)) {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
            parsed.set(colour, [...canvas.getImageData(0, 0, 1, 1).data]);
        }
        return parsed.get(colour);
    };
    const light = ([r, g, b]) => {
        const [x, y, z] = [r, g, b].map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const faults = new Set();
    for (const details of document.querySelectorAll('details')) details.open = true;
    for (const element of document.querySelectorAll('body *')) {
        const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
        if (!own || !element.checkVisibility() || element.closest('script, style, #found, .skip')) continue;
        const style = getComputedStyle(element);
        const text = parse(element.closest('svg') ? style.fill : style.color);
        let behind = null;
        if (element.closest('g.byte') && element.matches('.value'))
            behind = parse(getComputedStyle(element.closest('g.byte').querySelector('rect')).fill);
        for (let up = element; up && !behind; up = up.parentElement) {
            const colour = parse(getComputedStyle(up).backgroundColor);
            if (colour[3] === 255) behind = colour;
        }
        behind ??= parse(getComputedStyle(document.documentElement).backgroundColor);
        const [a, b] = [light(text), light(behind)].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
        if (ratio < (large ? 3 : 4.5))
            faults.add(`${element.tagName}.${element.getAttribute('class')} ${ratio.toFixed(2)}: ${element.textContent.trim().slice(0, 30)}`);
    }
    return [...faults];
})()";

fn theme(book: &mut Book) {
    // The button says the opposite of the system, and the page remembers it.
    let mut page = book.page("index.html", WIDE);
    page.scheme("light");
    let paper = "getComputedStyle(document.body).backgroundColor";
    let light = page.eval(paper);
    page.eval("document.getElementById('theme').click()");
    assert_ne!(page.eval(paper), light);
    assert_eq!(page.eval("localStorage.getItem('theme')"), "dark");
    page.eval("localStorage.clear()");
}

fn from_a_file(book: &mut Book) {
    let mut page = book.browser.page();
    let url = format!("file://{}/tcp_echoserv.html", common::book().display());
    page.size(WIDE);
    page.open(&url);
    assert_eq!(page.complaints("file://"), Vec::<String>::new());
    page.eval("document.getElementById('query').focus()");
    page.type_text("소켓");
    page.until("something found", "document.querySelectorAll('#found a').length > 0");
    assert_eq!(page.eval("document.querySelectorAll('.hljs-keyword').length > 20"), Value::Bool(true));
}

/// In the target folder's `book-pictures`, for whoever wants to look at them.
fn screenshots(book: &mut Book) {
    let folder = Workspace::here().unwrap().target.join("book-pictures");
    fs::create_dir_all(&folder).unwrap();
    for (path, name, size, scheme) in [
        ("tcp_echoserv.html", "tcp_echoserv-wide-light.png", (1280, 2400), "light"),
        ("en/tcp_echoserv.html#run", "tcp_echoserv-english-dark.png", (1280, 1800), "dark"),
        ("byte_order.html", "byte_order-phone-light.png", (390, 2400), "light"),
    ] {
        let mut page = book.page(path, size);
        page.scheme(scheme);
        let png = page.screenshot();
        fs::write(folder.join(name), BASE64_STANDARD.decode(png).unwrap()).unwrap();
    }
    let mut page = book.page("tcp_echoserv.html", WIDE);
    let pdf = BASE64_STANDARD.decode(page.pdf()).unwrap();
    assert!(pdf.starts_with(b"%PDF"));
    fs::write(folder.join("tcp_echoserv-paper.pdf"), pdf).unwrap();
}
