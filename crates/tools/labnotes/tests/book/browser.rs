//! The book in a real browser: Debian's chromium, without a window, driven through its debugging pipe.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::{env, fs};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use labkit::{Trial, Workspace, missing_program, trial, trial_with};
use labnotes::book::Notes;
use labnotes::pdf;
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
    let axe = {
        let no_browser = || missing_program(chromium::program().unwrap_or("chromium"));
        let no_axe = || env::var_os(AXE).is_none().then(|| format!("{AXE} does not name axe.min.js"));
        let book = Arc::clone(&book);
        trial(
            "axe_finds_nothing_on_any_page",
            missing.clone().or_else(no_browser).or_else(no_axe),
            move || {
                axe(book.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(open));
            },
        )
    };
    vec![
        axe,
        browser("every_page_loads_and_is_readable_and_none_scrolls_sideways", every_page),
        browser("c_and_rust_stand_side_by_side_and_on_a_phone_one_below_the_other", side_by_side),
        browser("no_line_of_code_is_wrapped_or_cut_in_a_window_of_1440_px", no_line_is_wrapped),
        browser("the_choice_of_c_or_rust_is_remembered_and_without_a_script_both_are_shown", one_language),
        browser("a_step_that_is_pointed_at_or_tapped_is_marked_on_both_sides", marks_both_sides),
        browser("the_search_finds_korean_words", search_finds),
        browser("the_search_has_the_best_page_first", best_page_first),
        browser("the_search_has_a_term_where_it_is_explained_first", terms_first),
        browser("the_front_page_has_a_player_that_can_be_seen_at_once", front_page),
        browser("the_keyboard_alone_reaches_and_does_everything", keyboard),
        browser("the_button_for_light_and_dark_is_remembered", theme),
        browser("a_page_from_a_file_works_too", from_a_file),
        browser("the_whole_book_is_printed_with_links_that_lead_somewhere_and_all_of_its_code", printed),
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

const LAPTOP: (u32, u32) = (1440, 900);

/// What code there is of both languages; of each whether a line is wrapped, or goes on out of sight.
const LINES: &str = "(() => {
    document.querySelectorAll('details').forEach(details => { details.open = true; });
    return [...document.querySelectorAll('.twin pre')].filter(pre => pre.checkVisibility()).map(pre => {
        const style = getComputedStyle(pre);
        return [pre.closest('.twin').dataset.twin, style.whiteSpace !== 'pre' || pre.scrollWidth > pre.clientWidth, parseFloat(style.fontSize)];
    });
})()";

fn no_line_is_wrapped(book: &mut Book) {
    let mut seen = 0;
    for (path, _) in paths() {
        let lines = book.page(&path, LAPTOP).eval(LINES);
        let lines: Vec<(String, bool, f64)> = serde_json::from_value(lines).unwrap();
        for (language, wrapped, size) in &lines {
            assert!(!wrapped, "{path}: {language} needs more room");
            assert!(*size >= 9.2, "{path}: {language} is {size} px large");
        }
        seen += lines.len();
    }
    assert!(seen >= 300, "{seen}");
}

fn one_language(book: &mut Book) {
    let base = book.base();
    let mut page = book.page("tcp_echoserv.html", LAPTOP);
    let shown = |page: &mut Page| -> Vec<(String, f64)> {
        let lines: Vec<(String, bool, f64)> = serde_json::from_value(page.eval(LINES)).unwrap();
        let mut shown: Vec<_> = lines.into_iter().map(|(language, _, size)| (language, size)).collect();
        shown.dedup_by(|a, b| a.0 == b.0);
        shown.truncate(2);
        shown
    };
    let both = shown(&mut page);
    assert_eq!(both.len(), 2);
    for (n, language) in ["C", "Rust"].into_iter().enumerate() {
        page.eval(&format!("document.querySelectorAll('.choose button')[{n}].click()"));
        let one = shown(&mut page);
        assert_eq!((one.len(), one[0].0.as_str()), (1, language));
        assert!(one[0].1 >= both[n].1, "{one:?}, {both:?}");
    }
    // On every page, before any script at its end has run.
    page.open(&(base.clone() + "mydaytime.html"));
    assert_eq!(shown(&mut page)[0].0, "Rust");
    let pressed = "[...document.querySelectorAll('.choose [aria-pressed=true]')].map(b => b.textContent)";
    assert_eq!(page.eval(pressed), json!(["Rust"]));
    page.call("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    page.open(&(base.clone() + "tcp_echoserv.html"));
    assert_eq!(shown(&mut page).len(), 2);
    page.call("Emulation.setScriptExecutionDisabled", &json!({ "value": false }));
    page.open(&(base + "mydaytime.html"));
    page.eval("document.querySelectorAll('.choose button')[2].click()");
    assert_eq!(shown(&mut page).len(), 2);
    assert_eq!(page.eval("localStorage.getItem('code')"), Value::Null);
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

fn best_page_first(book: &mut Book) {
    for (language, asked, best) in [
        ("", "recvfrom", "udp.html"),
        ("", "getsockname", "port_number.html"),
        ("", "htons", "byte_order.html"),
        ("", "inet_pton", "ascii_ip.html"),
        ("", "listen", "tcp_echoserv.html#slide-41"),
        ("", "EADDRINUSE", "daytimeserv.html#failures"),
        ("", "SIGPIPE", "c_to_rust.html#sigpipe"),
        ("", "슬라이드 42", "tcp_echoserv.html#slide-42"),
        ("", "반복형 서버", "tcp_echoserv.html"),
        ("", "네트워크 바이트 순서", "byte_order.html"),
        ("en/", "recvfrom", "udp.html"),
        ("en/", "EADDRINUSE", "daytimeserv.html"),
        ("en/", "slide 42", "tcp_echoserv.html#slide-42"),
        ("en/", "network byte order", "byte_order.html"),
    ] {
        let mut page = book.page(&format!("{language}map.html"), WIDE);
        page.eval("document.getElementById('query').focus()");
        page.type_text(asked);
        page.until("something found", "document.querySelectorAll('#found a').length > 0");
        let found = page.eval("[...document.querySelectorAll('#found a')].map(a => a.getAttribute('href'))");
        let found: Vec<String> = serde_json::from_value(found).unwrap();
        assert!(found[0].starts_with(best), "{asked}: {found:?}");
    }
}

fn terms_first(book: &mut Book) {
    let notes = Notes::read(&labkit::root().canonicalize().unwrap()).unwrap();
    let met = notes.glossary.met_at(&notes.prose[0]).unwrap();
    let places: Vec<String> = notes
        .glossary
        .term
        .iter()
        .zip(&met)
        .map(|(term, met)| {
            let place = term.explained.clone().unwrap_or_else(|| format!("{met}.md"));
            place.replacen(".md", ".html", 1)
        })
        .collect();
    for language in Lang::ALL {
        let mut page = book.page(language.of("map.html", "en/map.html"), WIDE);
        let words: Vec<&str> = notes.glossary.term.iter().map(|term| term.word(language)).collect();
        let found = page
            .eval(&format!("load().then(() => {}.map(word => search(word)[0]?.section.url))", json!(words)));
        let found: Vec<Option<String>> = serde_json::from_value(found).unwrap();
        for ((word, place), found) in words.iter().zip(&places).zip(found) {
            assert!(
                found.as_ref().is_some_and(|url| url.starts_with(place)),
                "{word}: {found:?}, not {place}"
            );
        }
    }
}

fn front_page(book: &mut Book) {
    for path in ["index.html", "en/index.html"] {
        let mut page = book.page(path, LAPTOP);
        let bottom = "document.querySelector('.player .pl-ui').getBoundingClientRect().bottom";
        assert!(page.number(bottom) <= f64::from(LAPTOP.1), "{path}");
        let top = page.number("document.querySelector('.player .pl-ui').getBoundingClientRect().top");
        assert!(page.number("document.querySelector('h1').getBoundingClientRect().bottom") < top, "{path}");
        page.press("ArrowRight");
        assert_eq!(page.eval("document.querySelector('.player').dataset.step"), "2", "{path}");
    }
}

/// Everything that can be used by hand, in its order, but for what the arrow keys reach from where one is.
const TO_REACH: &str = "(() => {
    window.known = [...document.querySelectorAll('a[href], button, input, summary')].filter(e => e.checkVisibility({ visibilityProperty: true }) && e.tabIndex >= 0);
    return known.length;
})()";

fn keyboard(book: &mut Book) {
    let mut page = book.page("tcp_echoserv.html", LAPTOP);
    page.scheme("light");
    let count = page.eval(TO_REACH).as_i64().unwrap();
    assert!(count > 40, "{count}");
    let mut reached = BTreeSet::new();
    let mut last = -1;
    // What can be scrolled has the focus as well, and none of what was to be reached comes twice.
    for _ in 0..400 {
        page.press("Tab");
        let seen = page.eval(
            "(e => [known.indexOf(e), e !== document.body && (e.checkVisibility({ visibilityProperty: true }) || e.matches('.skip'))])(document.activeElement)",
        );
        let n = seen[0].as_i64().unwrap();
        if n < 0 {
            continue;
        }
        if !reached.insert(n) {
            break;
        }
        assert_eq!(seen[1], true, "the focus is out of sight: {n}");
        assert!(n > last, "{n} comes after {last}");
        last = n;
    }
    let missed: Vec<i64> = (0..count).filter(|n| !reached.contains(n)).collect();
    let missed: Vec<Value> =
        missed.into_iter().map(|n| page.eval(&format!("known[{n}].outerHTML"))).collect();
    assert!(missed.is_empty(), "{missed:?}");

    // The drawer: into it, and out again.
    page.eval("document.getElementById('menu').focus()");
    page.press("Enter");
    page.until("the contents", "document.activeElement.getAttribute('aria-current') === 'page'");
    page.press("Escape");
    assert_eq!(page.eval("document.activeElement.id"), "menu");
    assert_eq!(page.eval("document.getElementById('menu').ariaExpanded"), "false");

    // The search.
    page.press("Tab");
    page.press("Tab");
    assert_eq!(page.eval("document.activeElement.id"), "query");
    page.type_text("recvfrom");
    page.until("something found", "document.querySelectorAll('#found a').length > 0");
    page.press("Tab");
    assert_eq!(page.eval("document.activeElement === document.querySelector('#found a')"), true);
    page.press("Escape");
    assert_eq!(
        page.eval("[document.activeElement.id, document.getElementById('found').hidden]"),
        json!(["query", true])
    );

    // The switch.
    page.eval("document.querySelector('.choose button').focus()");
    page.press(" ");
    assert_eq!(page.eval("document.documentElement.dataset.code"), "c");
    page.press("Tab");
    page.press("Tab");
    page.press("Enter");
    assert_eq!(page.eval("document.documentElement.dataset.code ?? ''"), "");

    // The player, and a question: switched on, asked, answered, and on.
    page.eval("document.querySelector('.pl-asks').focus()");
    page.press(" ");
    let asked = "document.querySelector('.pl-question:not([hidden])') !== null";
    for _ in 0..40 {
        if page.eval(asked) == Value::Bool(true) {
            break;
        }
        page.press("ArrowRight");
    }
    let step = page.eval("document.activeElement.closest('.player').dataset.step");
    assert_eq!(page.eval("document.activeElement.type"), "radio");
    page.press("ArrowDown");
    page.press("Enter");
    page.until("an answer", "document.querySelector('.pl-told b') !== null");
    page.press("Tab");
    page.press("Tab");
    page.press("Enter");
    assert_ne!(page.eval("document.activeElement.closest('.player').dataset.step"), step);
}

/// Names axe.min.js, of the npm package axe-core.
const AXE: &str = "AXE_CORE";

fn axe(book: &mut Book) {
    let script = fs::read_to_string(env::var_os(AXE).unwrap()).unwrap();
    let found = |page: &mut Page, what: &str| -> Vec<String> {
        let found = page.eval(&format!(
            "axe.run(document, {{ resultTypes: ['violations'], {what} }}).then(({{ violations }}) => \
             violations.map(v => `${{v.id}}: ${{v.nodes.map(n => n.html + ' ' + n.failureSummary).join()}}`))"
        ));
        serde_json::from_value(found).unwrap()
    };
    let mut faults = Vec::new();
    for (path, _) in paths() {
        let mut page = book.page(&path, LAPTOP);
        page.eval(&format!(
            "{script}; document.querySelectorAll('details').forEach(d => {{ d.open = true; }})"
        ));
        for size in [LAPTOP, PHONE] {
            page.size(size);
            // What can be scrolled is seen once it has been laid out.
            page.eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
            for (scheme, what) in [
                ("light", "rules: { 'target-size': { enabled: true } }"),
                ("dark", "runOnly: ['color-contrast', 'link-in-text-block']"), // all that a scheme changes
            ] {
                page.scheme(scheme);
                faults.extend(
                    found(&mut page, what).into_iter().map(|f| format!("{path} {size:?} {scheme} {f}")),
                );
            }
        }
        // What comes on demand.
        if path.ends_with("index.html") {
            page.eval("document.getElementById('menu').click()");
            faults
                .extend(found(&mut page, "rules: {}").into_iter().map(|f| format!("{path}, contents: {f}")));
            page.press("Escape");
            page.eval("document.getElementById('query').focus()");
            page.type_text("socket");
            page.until("something found", "document.querySelectorAll('#found a').length > 0");
            faults.extend(found(&mut page, "rules: {}").into_iter().map(|f| format!("{path}, search: {f}")));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
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

fn printed(book: &mut Book) {
    // A copy: other tests count the files of the book itself.
    let copy = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").args(["-r", "-T"]).args([common::book(), copy.path()]).status().unwrap();
    assert!(copied.success());
    for language in Lang::ALL {
        // What the browser is given to print, as wide as the paper between its margins.
        let file = copy.path().join(language.of("whole.html", "en/whole.html"));
        fs::write(&file, pdf::whole(copy.path(), language).unwrap()).unwrap();
        let mut page = book.browser.page();
        page.size((680, 900));
        page.open(&format!("file://{}", file.display()));
        page.call("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
        let lost = "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href')).filter(id => !document.getElementById(id.slice(1)))";
        assert_eq!(page.eval(lost), json!([]));
        let twice = "[...document.querySelectorAll('[id]')].filter(e => document.querySelectorAll('#' + CSS.escape(e.id)).length > 1).map(e => e.id)";
        assert_eq!(page.eval(twice), json!([]));
        let cut = "[...document.querySelectorAll('pre, .calls ol, table, .scroll')].filter(e => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1).map(e => e.textContent.slice(0, 80))";
        assert_eq!(page.eval(cut), json!([]));
        drop(page);

        let file = pdf::print(copy.path(), language).unwrap();
        let pdf = fs::read(&file).unwrap();
        let count = |what: &[u8]| pdf.windows(what.len()).filter(|window| *window == what).count();
        assert!(count(b"/Type /Page\n") > 100, "{}", count(b"/Type /Page\n"));
        assert!(count(b"/Dest /tcp_echoserv\n") >= 1 && count(b"/Outlines") >= 1, "{}", file.display());
    }
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
