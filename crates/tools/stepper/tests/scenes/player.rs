//! The player in a real browser: stepped through to its end and back, in both languages, by keys, buttons and fingers; what it
//! shows of each step is what the recording says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::{env, fs};

use labkit::{Trial, missing_program, trial, trial_with};
use maud::html;
use serde_json::{Value, json};
use stepper::html;
use stepper::recording::{Process, Protocol, Recording, Role, Segment, Socket, State, Step};
use stepper::scenes::{self, Language};
use tempfile::TempDir;

use crate::chromium::{self, Browser, Page};
use crate::{SCENES, missing, recorded, sample};

const WIDE: (u32, u32) = (1440, 900);
const PHONE: (u32, u32) = (390, 844);
/// Names axe.min.js, of the npm package axe-core.
const AXE: &str = "AXE_CORE";

pub(crate) fn trials() -> Vec<Trial> {
    // One for all: it takes longer to start than most tests. It is gone with the last of them.
    let one = Arc::new(Mutex::new(None));
    let chromium = chromium::program().unwrap_or("chromium");
    let browser = |name, test: fn(&mut Browser)| trial_with(&[chromium], name, in_it(&one, test));
    let unrecorded = missing_program(chromium).or_else(missing);
    let no_axe = missing_program(chromium)
        .or_else(|| env::var_os(AXE).is_none().then(|| format!("{AXE} does not name axe.min.js")));
    let mut trials = vec![
        browser("every_state_is_shown_forwards_by_keys_and_backwards_by_buttons", every_state),
        browser("a_read_of_nothing_is_the_peers_end_only_after_its_fin", read_of_nothing),
        browser("datagrams_and_messages_of_icmp_are_called_so", datagrams),
        browser("a_sentence_names_its_process_and_its_file", names),
        browser("a_page_says_what_its_scene_is", headings),
        browser("several_processes_and_what_nobody_has_accepted_are_shown", several_processes),
        browser("rust_instead_of_c_changes_the_source_and_nothing_else", rust_instead_of_c),
        browser("rust_that_does_not_do_the_same_is_shown_as_it_is", another_run),
        browser("what_a_step_changes_is_marked_and_nothing_else", changes_are_marked),
        browser("a_change_has_a_ground_of_its_own_until_the_next_step", changes_stay),
        browser("what_changes_is_in_sight_and_what_is_not_has_a_shade", changes_in_sight),
        browser("the_other_side_turns_to_the_process_that_has_a_change", other_side_turns),
        browser("a_link_opens_its_step_and_the_address_follows", links),
        browser("keys_belong_to_whoever_types", keys_while_typing),
        browser("a_finger_turns_the_page_and_finds_every_button", on_a_phone),
        browser("a_phone_shows_what_has_changed_in_one_screen", one_screen),
        browser("a_question_comes_before_its_step", predict),
        browser("without_javascript_and_on_paper_the_fallback_is_there", fallback),
        browser("it_fits_its_window_and_nothing_comes_from_elsewhere", fits),
        browser("two_players_in_a_page_keep_apart", two_players),
        trial("axe_finds_nothing", no_axe, in_it(&one, axe)),
    ];
    for (n, scene) in SCENES.iter().enumerate() {
        let shown = in_it(&one, move |browser| is_shown(browser, n));
        trials.push(trial(&format!("{}_is_shown", scene.name), unrecorded.clone(), move || {
            for language in [Language::C, Language::Rust] {
                recorded(n, language); // nobody waits for the browser meanwhile
            }
            shown();
        }));
    }
    trials
}

/// A test in the browser, which it has for itself.
fn in_it(
    one: &Arc<Mutex<Option<Browser>>>,
    test: impl FnOnce(&mut Browser) + Send + 'static,
) -> impl FnOnce() + Send + 'static {
    let one = Arc::clone(one);
    move || test(one.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Browser::start))
}

/// A page in a file, open in the browser.
struct Open<'a> {
    page: Page<'a>,
    url: String,
    _folder: TempDir,
}

fn open<'a>(browser: &'a mut Browser, html: &str, size: (u32, u32), hash: &str) -> Open<'a> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.html");
    fs::write(&file, html).unwrap();
    let url = format!("file://{}", file.display());
    let mut page = browser.page();
    page.size(size);
    page.scheme("light"); // and no motion
    page.open(&format!("{url}{hash}"));
    Open { page, url, _folder: folder }
}

fn echo(lang: &str) -> (Recording, Recording, String) {
    let (c, rust) = (sample::echo("C"), sample::echo("Rust"));
    let page = html::page(&[("C", &c), ("Rust", &rust)], lang);
    (c, rust, page)
}

fn press(page: &mut Page, key: &str) {
    for kind in ["rawKeyDown", "keyUp"] {
        page.call("Input.dispatchKeyEvent", &json!({ "type": kind, "key": key, "code": key }));
    }
}

fn step(page: &mut Page) -> usize {
    page.eval("document.querySelector('.player').dataset.step").as_str().unwrap().parse().unwrap()
}

/// The number of a button among ⏮ ◀ ▶ ⏭.
fn click(page: &mut Page, button: usize) {
    page.eval(&format!("document.querySelectorAll('.pl-buttons button')[{button}].click()"));
}

/// What can be seen, read out of the page's elements.
const SHOWN: &str = r"(() => {
    const text = (element, selector) => element.querySelector(selector)?.textContent ?? null;
    const number = (element, selector) => { const t = text(element, selector); return t === null ? null : parseInt(t); };
    const player = document.querySelector('.player');
    const socket = card => ({
        pieces: [...card.querySelectorAll('.pl-piece > span')].map(piece => piece.textContent),
        state: text(card, '.pl-state'), recv: number(card, '.pl-recv b'), send: number(card, '.pl-send b'),
        accept: text(card, '.pl-accept b'), boxes: card.querySelectorAll('.pl-boxes .pl-full').length,
    });
    const processes = [...player.querySelectorAll('.pl-process')].map(process => ({
        process: Number(process.dataset.process), hidden: process.hidden, program: text(process, '.pl-program'), status: text(process, '.pl-status'),
        side: process.parentElement.classList.contains('pl-client') ? 'client' : 'server',
        line: Number(process.querySelector('.pl-line[aria-current]')?.dataset.line ?? 0),
        visible: (line => !line || line.offsetTop >= line.parentElement.parentElement.scrollTop && line.offsetTop + 10 <= line.parentElement.parentElement.scrollTop + line.parentElement.parentElement.clientHeight)
            (process.querySelector('.pl-line[aria-current]')) || process.querySelector('.pl-source').offsetParent === null,
        printed: [...process.querySelectorAll('.pl-printed > span')].map(span => span.textContent).join(''),
        descriptors: Object.fromEntries([...process.querySelectorAll('.pl-row:not(.pl-gone)')].flatMap(row =>
            [...row.querySelectorAll('.pl-fd')].map(fd => [fd.textContent, row.querySelector('.pl-socket') ? Number(row.querySelector('.pl-socket').dataset.socket) : text(row, '.pl-what')]))),
        sockets: Object.fromEntries([...process.querySelectorAll('.pl-row .pl-socket')].map(card => [card.dataset.socket, socket(card)])),
        others: [...process.querySelectorAll('.pl-orphan .pl-socket')].map(card => [Number(card.dataset.socket), socket(card)]),
    })).sort((a, b) => a.process - b.process);
    return {
        step: Number(player.dataset.step), where: text(player, '.pl-where'), call: text(player, '.pl-text'), whole: player.querySelector('.pl-text').title,
        said: text(player, '.pl-said'), current: [...player.querySelectorAll('.pl-mark')].findIndex(mark => mark.matches('[aria-current]')) + 1,
        processes,
        segments: [...player.querySelectorAll('.pl-segment.pl-this')].map(segment => ({
            flags: text(segment, '.pl-label b'), seq: text(segment, '.pl-seq'), len: number(segment, '.pl-len'), data: text(segment, '.pl-bytes'),
            right: segment.classList.contains('pl-to-right') })),
        past: player.querySelectorAll('.pl-mark.pl-past').length,
        earlier: player.querySelectorAll('.pl-segment.pl-old').length,
    };
})()";

fn shown_socket(socket: &Socket, lang: &str) -> Value {
    let dash = |text: Option<String>| text.unwrap_or_else(|| "—".into());
    let (local, remote) = (socket.local, socket.remote);
    let protocol = if socket.protocol == Protocol::Tcp { "TCP" } else { "UDP" };
    let listens = socket.accept_queue.is_some();
    json!({
        "pieces": [
            protocol,
            dash(local.map(|a| a.ip().to_string())), dash(local.map(|a| a.port().to_string())),
            dash(remote.map(|a| a.ip().to_string())), dash(remote.map(|a| a.port().to_string())),
        ],
        "state": match (lang, socket.state.as_str()) {
            ("ko", "unbound") => "bind 전",
            ("ko", "bound") => "bind됨",
            ("ko", "connected") => "connect됨",
            (_, state) => state,
        },
        "recv": (!listens).then_some(socket.recv_queue),
        "send": (!listens).then_some(socket.send_queue),
        "accept": socket.accept_queue.map(|n| format!("{n} / {}", socket.backlog.unwrap())),
        "boxes": socket.accept_queue.unwrap_or(0),
    })
}

/// What has to be seen of step `n`, from the recording alone.
fn check(recording: &Recording, n: usize, lang: &str, shown: &Value) {
    let step = &recording.steps[n - 1];
    let at = format!("step {n}, {lang}: {shown:#}");
    assert_eq!((&shown["step"], &shown["current"], &shown["past"]), (&json!(n), &json!(n), &json!(n - 1)));
    assert_eq!(shown["where"], format!("{n} / {}", recording.steps.len()));
    assert_eq!(shown["whole"], step.text());
    let call = shown["call"].as_str().unwrap();
    assert!(call.starts_with(&format!("{}(", step.call)), "{at}");
    assert_eq!(call.ends_with('…'), step.waits(), "{at}");
    assert!(!call.contains("sa_family"), "{at}");
    let said = shown["said"].as_str().unwrap();
    assert!(said.ends_with('.') && !said.contains("undefined") && !said.contains("NaN"), "{at}");
    assert_eq!(said.contains("요."), lang == "ko", "{at}");

    let ended = said.contains("상대방이 더는 보내지 않아요") || said.contains("the peer sends no more");
    assert_eq!(ended, reads_the_end(recording, n), "{at}");

    let held: Vec<usize> =
        step.state.processes.iter().flat_map(|p| &p.descriptors).filter_map(|d| d.socket).collect();
    let socket = |id: usize| step.state.sockets.iter().find(|socket| socket.id == id).unwrap();
    let mut others = BTreeSet::new();
    for (i, process) in recording.processes.iter().enumerate() {
        let panel = &shown["processes"][i];
        let own: Vec<&Step> = recording.steps[..n].iter().filter(|step| step.process == i).collect();
        let last = own.last();
        assert_eq!(panel["program"], process.program.as_str(), "{at}");
        assert_eq!(panel["side"], if process.role == Role::Client { "client" } else { "server" });
        let line = last.and_then(|step| step.source.as_ref()).map_or(0, |source| source.line);
        assert_eq!(panel["line"], line, "{at}");
        assert_eq!(panel["visible"], true, "{at}");
        let printed: String = own.iter().map(|step| step.printed.as_str()).collect();
        assert_eq!(panel["printed"], printed, "{at}");
        let status = panel["status"].as_str().unwrap();
        let waits = last.filter(|step| step.waits()).map(|step| step.call.as_str());
        let ended = last.is_some_and(|step| matches!(step.call.as_str(), "exit_group" | "killed"));
        let ready =
            last.is_some_and(|step| waits.is_some() && can_return(step, &recording.steps[n - 1].state));
        let expected = match (lang, waits, step.state.processes.len() > i) {
            ("ko", Some(call), _) if ready => format!("{call}, 돌아올 수 있어요"),
            (_, Some(call), _) if ready => format!("{call} can return"),
            ("ko", Some(call), _) => format!("{call}에서 기다려요"),
            (_, Some(call), _) => format!("waits in {call}"),
            ("ko", _, false) => "아직 시작하지 않았어요".into(),
            (_, _, false) => "not started yet".into(),
            ("ko", ..) => if ended { "끝났어요" } else { "실행 중" }.into(),
            _ => if ended { "has ended" } else { "running" }.into(),
        };
        assert_eq!(status, expected, "{at}");

        let (mut descriptors, mut sockets) = (json!({}), json!({}));
        for d in step.state.processes.get(i).map_or(&[][..], |process| &process.descriptors) {
            descriptors[d.fd.to_string()] = match (d.socket, d.what.as_str(), lang) {
                (Some(id), ..) => json!(id),
                (None, "keyboard", "ko") => json!("키보드"),
                (None, "screen", "ko") => json!("화면"),
                (None, "socket", "ko") => json!("소켓"),
                (None, "pipe", "ko") => json!("파이프"),
                (None, what, _) => json!(what),
            };
            if let Some(id) = d.socket {
                sockets[id.to_string()] = shown_socket(socket(id), lang);
            }
        }
        assert_eq!((&panel["descriptors"], &panel["sockets"]), (&descriptors, &sockets), "{at}");
        others.extend(panel["others"].as_array().unwrap().iter().map(ToString::to_string));
    }
    // The first with a descriptor's number is what the descriptor stands for.
    let mut named = BTreeSet::new();
    let all =
        step.state.sockets.iter().filter(|socket| !(named.insert(socket.id) && held.contains(&socket.id)));
    let all: BTreeSet<String> =
        all.map(|socket| json!([socket.id, shown_socket(socket, lang)]).to_string()).collect();
    assert_eq!(others, all, "{at}");
    check_segments(recording, n, shown);
}

/// Has come what a call waits for, by what the kernel says of its socket?
fn can_return(waits: &Step, state: &State) -> bool {
    let fd = waits.args.first().and_then(|fd| fd.parse::<i32>().ok());
    let descriptor = state.processes[waits.process].descriptors.iter().find(|d| Some(d.fd) == fd);
    let Some(id) = descriptor.and_then(|d| d.socket) else { return false };
    let socket = state.sockets.iter().find(|socket| socket.id == id).unwrap();
    let peer_ended = ["CLOSE_WAIT", "LAST_ACK", "CLOSING", "TIME_WAIT", "CLOSED"];
    match waits.call.as_str() {
        "accept" => socket.accept_queue.is_some_and(|waiting| waiting > 0),
        "connect" => socket.state != "SYN_SENT",
        "read" | "recvfrom" => socket.recv_queue > 0 || peer_ended.contains(&socket.state.as_str()),
        _ => false,
    }
}

/// Has a read of TCP returned 0 in step `n`, and the peer has ended what it sends?
fn reads_the_end(recording: &Recording, n: usize) -> bool {
    let step = &recording.steps[n - 1];
    if !matches!(step.call.as_str(), "read" | "recvfrom") || step.result.as_deref() != Some("0") {
        return false;
    }
    let fd: i32 = step.args[0].parse().unwrap();
    let id = step.state.processes[step.process].descriptors.iter().find(|d| d.fd == fd).unwrap().socket;
    step.state.sockets.iter().filter(|socket| Some(socket.id) == id && socket.protocol == Protocol::Tcp).any(
        |socket| {
            let ends = |segment: &&Segment| {
                (Some(segment.from), Some(segment.to)) == (socket.remote, socket.local)
                    && (segment.flags.contains("FIN") || segment.flags.contains("RST"))
            };
            recording.steps[..n].iter().flat_map(|step| &step.segments).any(|segment| ends(&segment))
        },
    )
}

fn check_segments(recording: &Recording, n: usize, shown: &Value) {
    let mut syn = BTreeMap::new();
    let mut expected = Vec::new();
    for step in &recording.steps[..n] {
        expected.clear();
        for segment in &step.segments {
            if segment.flags.contains("SYN") {
                syn.insert((segment.from, segment.to), segment.seq);
            }
            let relative = |number: u32, ends| {
                number.wrapping_sub(syn.get(&ends).copied().unwrap_or(number.wrapping_sub(1)))
            };
            let mut seq = format!("seq {}", relative(segment.seq, (segment.from, segment.to)));
            if segment.flags.contains("ACK") {
                let ack = relative(segment.ack, (segment.to, segment.from));
                seq = format!("{seq} ack {ack}");
            }
            let seq = (segment.protocol == Protocol::Tcp).then_some(seq);
            let flags = match segment.protocol {
                Protocol::Tcp => segment.flags.clone(),
                Protocol::Udp => "UDP".into(),
                Protocol::Icmp => format!("ICMP {}", segment.flags),
            };
            let data = (!segment.data.is_empty()).then(|| format!("\"{}\"", segment.data));
            let len = (segment.len > 0).then_some(segment.len);
            // The servers have well-known ports, as such things go.
            let right = segment.to.port() < segment.from.port();
            expected.push(json!({ "flags": flags, "seq": seq, "len": len, "data": data, "right": right }));
        }
    }
    assert_eq!(shown["segments"], json!(expected));
    let earlier: usize = recording.steps[..n - 1].iter().map(|step| step.segments.len()).sum();
    assert_eq!(shown["earlier"], earlier);
}

fn there_and_back(page: &mut Page, recording: &Recording, lang: &str) {
    let last = recording.steps.len();
    press(page, "Home");
    for n in 1..=last {
        check(recording, n, lang, &page.eval(SHOWN));
        press(page, "ArrowRight");
    }
    assert_eq!(step(page), last, "→ at the end stays there");
    for n in (1..=last).rev() {
        check(recording, n, lang, &page.eval(SHOWN));
        click(page, 1);
    }
    assert_eq!(step(page), 1, "◀ at the beginning stays there");
    press(page, "End");
    check(recording, last, lang, &page.eval(SHOWN));
    press(page, "ArrowLeft");
    check(recording, (last - 1).max(1), lang, &page.eval(SHOWN));
    press(page, "Home");
    check(recording, 1, lang, &page.eval(SHOWN));
    for (button, n) in [(2, last.min(2)), (3, last), (0, 1)] {
        click(page, button);
        assert_eq!(step(page), n);
    }
}

/// As [`there_and_back`], in one go.
fn there_and_back_at_once(page: &mut Page, recording: &Recording, lang: &str) {
    let last = recording.steps.len();
    let shown = page.eval(&format!(
        "(() => {{
            const seen = [], click = button => document.querySelectorAll('.pl-buttons button')[button].click();
            click(0);
            for (let n = 1; n <= {last}; n++) {{ seen.push({SHOWN}); click(2); }}
            for (let n = {last}; n >= 1; n--) {{ seen.push({SHOWN}); click(1); }}
            return seen;
        }})()"
    ));
    let shown = shown.as_array().unwrap();
    assert_eq!(shown.len(), 2 * last);
    for (n, shown) in (1..=last).chain((1..=last).rev()).zip(shown) {
        check(recording, n, lang, shown);
    }
}

fn every_state(browser: &mut Browser) {
    for lang in ["ko", "en"] {
        let (c, rust, html) = echo(lang);
        assert!(html.len() < 300 * 1024, "{} bytes", html.len());
        let said = html.matches("\"state\":\"LISTEN\"").count();
        assert_eq!(said, 3, "each time that its queue is another, and of one language");
        let mut open = open(browser, &html, WIDE, "");
        there_and_back(&mut open.page, &c, lang);
        open.page.eval("document.querySelectorAll('.pl-languages button')[1].click()");
        // Of Rust there are its own lines; all else is as in C.
        let mut rust_like_c = c.clone();
        rust_like_c.processes = rust.processes;
        for (step, other) in rust_like_c.steps.iter_mut().zip(rust.steps) {
            step.source = other.source;
        }
        there_and_back(&mut open.page, &rust_like_c, lang);
    }
}

fn read_of_nothing(browser: &mut Browser) {
    let mut own = sample::echo("C");
    for step in &mut own.steps {
        step.segments.retain(|segment| !segment.flags.contains("FIN"));
        for socket in step.state.sockets.iter_mut().filter(|socket| socket.remote.is_some()) {
            socket.state = "ESTABLISHED".into();
        }
    }
    for lang in ["ko", "en"] {
        let mut open = open(browser, &html::page(&[("C", &own)], lang), WIDE, "");
        there_and_back_at_once(&mut open.page, &own, lang);
    }
}

/// The echo, as if it were of datagrams, and the client's found no port.
fn datagrams(browser: &mut Browser) {
    let mut own = sample::echo("C");
    for step in &mut own.steps {
        step.segments.retain(|segment| !segment.data.is_empty());
        for segment in &mut step.segments {
            (segment.protocol, segment.flags) = (Protocol::Udp, String::new());
        }
        for socket in &mut step.state.sockets {
            (socket.protocol, socket.accept_queue, socket.backlog) = (Protocol::Udp, None, None);
            socket.state = match (socket.local, socket.remote) {
                (None, _) => "unbound",
                (_, None) => "bound",
                _ => "connected",
            }
            .into();
        }
    }
    let sends = own.steps.iter().position(|step| step.call == "write").unwrap();
    let Segment { from, to, .. } = own.steps[sends].segments[0];
    let answer = Segment {
        from: to,
        to: from,
        protocol: Protocol::Icmp,
        flags: "port unreachable".into(),
        len: 0,
        data: String::new(),
        ..own.steps[sends].segments[0].clone()
    };
    own.steps[sends].segments.push(answer);
    for (lang, sent, came, title) in [
        (
            "ko",
            "8바이트 데이터그램을 보냈어요.",
            "포트에 도달할 수 없다는 ICMP 메시지가 왔어요.",
            "오간 데이터그램, ICMP 메시지",
        ),
        (
            "en",
            "has sent a datagram of 8 bytes.",
            "An ICMP message came back: port unreachable.",
            "On the wire",
        ),
    ] {
        let mut open = open(browser, &html::page(&[("C", &own)], lang), WIDE, "");
        there_and_back_at_once(&mut open.page, &own, lang);
        assert_eq!(open.page.eval("document.querySelector('.pl-title').textContent"), title);
        let said = said(&mut open.page, sends);
        assert!(said.contains(sent) && said.contains(came), "{said}");
    }
}

/// The sentences of a step.
fn said(page: &mut Page, index: usize) -> String {
    page.eval(&format!("document.querySelectorAll('.pl-mark')[{index}].click()"));
    page.eval("document.querySelector('.pl-said').textContent").as_str().unwrap().into()
}

fn names(browser: &mut Browser) {
    let mut own = sample::echo("C");
    own.processes[0].name = "server again".into();
    let reads = own.steps.iter().position(|step| step.args[0] == "0" && step.result.is_some()).unwrap();
    own.steps[reads].state.processes[1].descriptors[0].what = "/etc/hosts".into();
    let begins = own.steps.iter().position(|step| step.process == 1).unwrap();
    own.steps[begins].call = "execve".into();
    own.steps[begins].args =
        [r#""/bin/echo""#, r#"["echo"]"#, "0x7ffc /* 2 vars */"].map(Into::into).to_vec();
    for (lang, sentences) in [
        (
            "ko",
            [
                (0, "다시 실행한 서버가 SIGPIPE를 무시하도록 설정했어요."),
                (2, "다시 실행한 서버가 소켓에 IP 주소 0.0.0.0과 포트 번호 5000을 붙였어요."),
                (begins, "클라이언트가 다른 프로그램이 됐어요. 이제 /bin/echo를 실행해요."),
                (reads, "클라이언트가 /etc/hosts에서 8바이트를 읽었어요."),
            ],
        ),
        (
            "en",
            [
                (0, "The restarted server ignores SIGPIPE from now on."),
                (2, "The restarted server has given its socket the address 0.0.0.0 and port 5000."),
                (begins, "The client has become another program: /bin/echo."),
                (reads, "The client has read 8 bytes from /etc/hosts."),
            ],
        ),
    ] {
        let mut open = open(browser, &html::page(&[("C", &own)], lang), WIDE, "");
        for (index, sentence) in sentences {
            assert_eq!(said(&mut open.page, index), sentence);
        }
    }
}

fn headings(browser: &mut Browser) {
    let mut own = sample::echo("C");
    let mut shown = |recording: &Recording, lang| {
        let mut open = open(browser, &html::page(&[("C", recording)], lang), WIDE, "");
        let text = open.page.eval("[...document.querySelectorAll('h1, h1 + p')].map(e => e.textContent)");
        serde_json::from_value::<Vec<String>>(text).unwrap()
    };
    let programs = "tcp_echoserv · tcp_echocli";
    for (lang, i) in [("ko", 0), ("en", 1)] {
        let about = scenes::named(&own.scene).unwrap().about[i];
        assert_eq!(shown(&own, lang), [programs, about]);
    }
    own.scene = "own".into();
    assert_eq!(shown(&own, "ko"), [programs], "of one's own programs nothing is known");
}

fn several_processes(browser: &mut Browser) {
    let crowd = sample::crowd();
    for lang in ["ko", "en"] {
        let mut open = open(browser, &html::page(&[("C", &crowd)], lang), WIDE, "");
        there_and_back(&mut open.page, &crowd, lang);
        for n in 1..=crowd.steps.len() {
            // Whose step it is, is in sight.
            let process = crowd.steps[n - 1].process;
            let visible = format!(
                "document.querySelector('.pl-process[data-process=\"{process}\"]').checkVisibility()"
            );
            assert_eq!(open.page.eval(&visible), true, "step {n}");
            press(&mut open.page, "ArrowRight");
        }
        let page = &mut open.page;
        press(page, "Home");
        // Another process's tab can be chosen.
        page.eval("document.querySelector('.pl-client .pl-tabs [data-process=\"2\"]').click()");
        assert_eq!(
            page.eval("document.querySelector('.pl-process[data-process=\"2\"]').checkVisibility()"),
            true
        );
        assert_eq!(
            page.eval("document.querySelector('.pl-process[data-process=\"1\"]').checkVisibility()"),
            false
        );
    }
}

/// In Korean with C first, in English with Rust first, so that each run is stepped through once.
fn is_shown(browser: &mut Browser, n: usize) {
    let (c, rust) = (recorded(n, Language::C), recorded(n, Language::Rust));
    for (recordings, lang) in [([("C", c), ("Rust", rust)], "ko"), ([("Rust", rust), ("C", c)], "en")] {
        let html = html::page(&recordings, lang);
        assert!(html.len() < 300 * 1024, "{} bytes", html.len());
        let mut open = open(browser, &html, WIDE, "");
        // Where nothing calls the kernel there is nothing to step through.
        if !recordings[0].1.steps.is_empty() {
            there_and_back_at_once(&mut open.page, recordings[0].1, lang);
        }
        assert_eq!(open.page.complaints("file://"), [""; 0]);
    }
}

fn rust_instead_of_c(browser: &mut Browser) {
    let (c, rust, html) = echo("ko");
    let mut open = open(browser, &html, WIDE, "#tcp_echoserv-step-13");
    let page = &mut open.page;
    let sources = "[...document.querySelectorAll('.pl-process')].map(p => [Number(p.dataset.process), [...p.querySelectorAll('.pl-line')].map(l => l.textContent + '\\n').join('')]).sort()";
    let sources =
        |page: &mut Page| -> Vec<(usize, String)> { serde_json::from_value(page.eval(sources)).unwrap() };
    let mut shown = Vec::new();
    for (i, recording) in [&c, &rust].into_iter().enumerate() {
        page.eval(&format!("document.querySelectorAll('.pl-languages button')[{i}].click()"));
        shown.push(page.eval(SHOWN));
        for (process, text) in sources(page) {
            let last = recording.steps[..13].iter().rfind(|step| step.process == process).unwrap();
            let source = last.source.as_ref().unwrap();
            assert_eq!(shown[i]["processes"][process]["line"], source.line);
            let korean = stepper::titles::in_korean(&recording.files[&source.file]);
            assert_eq!(text.trim_end(), korean.trim_end());
            shown[i]["processes"][process]["line"] = Value::Null;
        }
    }
    assert_eq!(shown[0], shown[1]);
}

fn another_run(browser: &mut Browser) {
    let (c, other) = (sample::echo("C"), sample::crowd());
    let html = html::page(&[("C", &c), ("Rust", &other)], "en");
    let mut open = open(browser, &html, WIDE, "#tcp_echoserv-step-23");
    let page = &mut open.page;
    check(&c, 23, "en", &page.eval(SHOWN));
    page.eval("document.querySelectorAll('.pl-languages button')[1].click()");
    assert_eq!(page.eval("document.activeElement.textContent"), "Rust", "the focus stays");
    check(&other, other.steps.len(), "en", &page.eval(SHOWN));
    there_and_back(page, &other, "en");
    page.eval("document.querySelectorAll('.pl-languages button')[0].click()");
    there_and_back(page, &c, "en");
}

fn changes_are_marked(browser: &mut Browser) {
    let (_, _, html) = echo("en");
    let mut open = open(browser, &html, WIDE, "");
    let mut marked = |n: usize| -> Vec<String> {
        open.page.eval(&format!("document.querySelectorAll('.pl-mark')[{}].click()", n - 1));
        let all = "[...document.querySelectorAll('.pl-fds .pl-new, .pl-fds .pl-gone')].map(e => e.className.match(/pl-(row|socket|p[1-5]|state|recv|send|accept)\\b/)[1] + (e.matches('.pl-gone') ? ' gone' : ''))";
        serde_json::from_value(open.page.eval(all)).unwrap()
    };
    assert_eq!(marked(3), ["p2", "p3"], "bind settles ② and ③");
    assert_eq!(marked(4), ["state", "accept"], "listen makes it passive");
    assert_eq!(marked(5), [""; 0], "accept waits");
    assert_eq!(marked(8)[..5], ["p2", "p3", "state", "p4", "p5"], "connect settles all that is left");
    assert_eq!(marked(13), ["recv"], "what was written lies in the other's queue");
    assert_eq!(
        marked(19),
        ["row gone", "state", "state"],
        "close takes the descriptor away; both sockets have another state"
    );
}

/// How far the ground of each piece, state, queue and number is from that of the page, as a distance of colours, and the contrast of
/// the worst text on it.
const GROUNDS: &str = r"(() => {
    const rgb = colour => colour.match(/[\d.]+/g).map(Number);
    const ground = e => { const colour = rgb(getComputedStyle(e).backgroundColor); return colour.length < 4 || colour[3] ? colour : ground(e.parentElement); };
    const light = colour => colour.slice(0, 3).reduce((sum, c, i) => sum + [0.2126, 0.7152, 0.0722][i] * (c <= 10 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4), 0.05);
    const contrast = e => { const both = [rgb(getComputedStyle(e).color), ground(e)].map(light); return Math.max(...both) / Math.min(...both); };
    const page = ground(document.querySelector('.pl-ui'));
    return [...document.querySelectorAll('.pl-fds :is(.pl-piece, .pl-state, .pl-queue, .pl-fd)')].map(e => [
        e.className.match(/pl-(p[1-5]|state|recv|send|accept|fd)\b/)[1],
        Math.hypot(...ground(e).slice(0, 3).map((c, i) => c - page[i])),
        Math.min(...[e, ...e.querySelectorAll('*')].filter(e => [...e.childNodes].some(node => node.nodeType === 3)).map(contrast)),
    ]);
})()";

fn changes_stay(browser: &mut Browser) {
    let (_, _, html) = echo("en");
    let mut open = open(browser, &html, WIDE, "");
    let new = ["p1", "p2", "p3", "state", "p4", "p5", "recv", "send"];
    for scheme in ["light", "dark"] {
        open.page.scheme(scheme);
        for (n, filled, pale) in [
            (1, &[][..], &[][..]),
            (2, &["fd"], &new), // a socket that is new altogether is one change, not nine
            (3, &["p2", "p3"], &[]),
            (4, &["state", "accept"], &[]),
            (5, &[], &[]),
            (8, &["p2", "p3", "state", "p4", "p5", "accept"], &new),
            (13, &["recv"], &[]),
            (19, &["fd", "state", "state"], &[]),
        ] {
            open.page.eval(&format!("document.querySelectorAll('.pl-mark')[{}].click()", n - 1));
            let grounds: Vec<(String, f64, f64)> = serde_json::from_value(open.page.eval(GROUNDS)).unwrap();
            let far = |least: f64, most: f64| -> Vec<&str> {
                let these = grounds.iter().filter(|(_, far, _)| (least..most).contains(far));
                these.map(|(name, ..)| name.as_str()).collect()
            };
            assert_eq!(
                (far(70.0, 999.0), far(30.0, 70.0)),
                (filled.to_vec(), pale.to_vec()),
                "step {n}, {scheme}"
            );
            assert!(grounds.iter().all(|(.., contrast)| *contrast >= 4.5), "step {n}, {scheme}: {grounds:?}");
        }
    }
}

/// Who is shown on each side, which tabs have a dot, whether the first change is out of sight, and whether it shows that there is more.
const SEEN: &str = r"(() => {
    const numbers = (side, selector) => [...side.querySelectorAll(selector)].map(e => Number(e.dataset.process));
    return [...document.querySelectorAll('.pl-side')].map(side => {
        const box = side.querySelector('.pl-process:not([hidden]) .pl-fds'), { top, bottom } = box.getBoundingClientRect();
        const changes = [...box.querySelectorAll('.pl-new, .pl-gone')].map(e => e.getBoundingClientRect());
        const dots = [...side.querySelectorAll('.pl-tabs button')].filter(b => getComputedStyle(b, '::after').content !== 'none');
        const below = box.scrollTop + box.clientHeight < box.scrollHeight - 2;
        return { shown: numbers(side, '.pl-process:not([hidden])')[0], dots: dots.map(b => Number(b.dataset.process)),
            hidden: changes.slice(0, 1).some(c => c.top < top || c.bottom > bottom),
            shades: below === (getComputedStyle(box, '::after').position === 'sticky') };
    });
})()";

fn changes_in_sight(browser: &mut Browser) {
    let crowd = sample::crowd();
    let mut open = open(browser, &html::page(&[("C", &crowd)], "en"), WIDE, "");
    let mut scrolled = false;
    for (n, step) in (1..).zip(&crowd.steps) {
        let seen = open.page.eval(SEEN);
        for side in seen.as_array().unwrap() {
            assert_eq!(
                (&side["hidden"], &side["shades"]),
                (&json!(false), &json!(true)),
                "step {n}: {seen:#}"
            );
        }
        // A change of the other side, if there is any, is in the process that is shown.
        let other = &seen[usize::from(step.process != 0)];
        let dots = other["dots"].as_array().unwrap();
        assert!(dots.is_empty() || dots.contains(&other["shown"]), "step {n}: {seen:#}");
        scrolled |= open.page.number("document.querySelector('.pl-server .pl-fds').scrollTop") > 0.0;
        press(&mut open.page, "ArrowRight");
    }
    assert!(scrolled, "not everything has room");
}

/// The server answers the first client while the second one is shown.
fn other_side_turns(browser: &mut Browser) {
    let mut answered = sample::echo("C");
    let second = Process { name: "client 2".into(), ..answered.processes[1].clone() };
    answered.processes.push(second);
    for step in &mut answered.steps[8..11] {
        step.process = 2;
    }
    let mut open = open(browser, &html::page(&[("C", &answered)], "en"), WIDE, "#tcp_echoserv-step-11");
    assert_eq!(open.page.eval(SEEN)[0]["shown"], 2);
    let answer = answered.steps.iter().position(|step| step.process == 0 && step.call == "write").unwrap();
    for _ in 10..answer {
        press(&mut open.page, "ArrowRight");
    }
    let seen = open.page.eval(SEEN);
    assert_eq!((&seen[0]["shown"], &seen[0]["dots"]), (&json!(1), &json!([1])), "{seen:#}");
}

fn links(browser: &mut Browser) {
    let (c, _, html) = echo("ko");
    let mut open = open(browser, &html, WIDE, "#tcp_echoserv-step-12");
    let (page, url) = (&mut open.page, &open.url);
    check(&c, 12, "ko", &page.eval(SHOWN));
    let top = page.number("document.querySelector('.player').getBoundingClientRect().top");
    assert!((-1.0..60.0).contains(&top), "{top}");
    press(page, "ArrowRight");
    let follows = format!("location.href === {}", json!(format!("{url}#tcp_echoserv-step-13")));
    page.until("the step in the address", &follows);
    let length = page.number("history.length");
    press(page, "ArrowRight");
    page.until("the next step in the address", "location.hash === '#tcp_echoserv-step-14'");
    assert!((page.number("history.length") - length).abs() < 0.5, "a step is no page to go back to");
    page.eval("location.hash = '#tcp_echoserv-step-3'");
    page.until("the step of the link", "document.querySelector('.player').dataset.step === '3'");
    // Every step has its link; only the current one is a stop of the Tab key.
    let marks = "[...document.querySelectorAll('.pl-mark')].map((m, i) => [m.getAttribute('href') === `#tcp_echoserv-step-${i + 1}`, m.tabIndex])";
    let marks: Vec<(bool, i64)> = serde_json::from_value(page.eval(marks)).unwrap();
    assert_eq!(marks.len(), c.steps.len());
    assert!(marks.iter().enumerate().all(|(i, &(link, stop))| link && (stop == 0) == (i == 2)), "{marks:?}");
    // Which of them has the focus moves with the step.
    page.eval("document.querySelector('.pl-mark[tabindex=\"0\"]').focus()");
    press(page, "ArrowRight");
    assert_eq!(page.eval("document.activeElement.getAttribute('href')"), "#tcp_echoserv-step-4");
    // A step that there isn't is none.
    page.eval("location.hash = '#tcp_echoserv-step-999'");
    page.until(
        "the last step",
        &format!("document.querySelector('.player').dataset.step === '{}'", c.steps.len()),
    );
}

fn keys_while_typing(browser: &mut Browser) {
    let (_, _, html) = echo("ko");
    let html =
        html.replace("<main>", "<main><input id=\"text\" value=\"abc\"><button id=\"button\">?</button>");
    let mut open = open(browser, &html, WIDE, "");
    let page = &mut open.page;
    page.eval("document.getElementById('text').focus()");
    press(page, "ArrowRight");
    assert_eq!(step(page), 1);
    page.eval("document.getElementById('button').focus()");
    press(page, "ArrowRight");
    assert_eq!(step(page), 2, "it is the only player");
    page.call(
        "Input.dispatchKeyEvent",
        &json!({ "type": "rawKeyDown", "key": "ArrowRight", "code": "ArrowRight", "modifiers": 1 }),
    );
    assert_eq!(step(page), 2, "with Alt it is the browser's");
}

fn on_a_phone(browser: &mut Browser) {
    let (c, _, html) = echo("ko");
    let mut open = open(browser, &html, PHONE, "");
    let page = &mut open.page;
    let swipe = |page: &mut Page, from: u32, to: u32| {
        let point = |x: u32| json!([{ "x": x, "y": 100 }]);
        page.call("Input.dispatchTouchEvent", &json!({ "type": "touchStart", "touchPoints": point(from) }));
        page.call("Input.dispatchTouchEvent", &json!({ "type": "touchMove", "touchPoints": point(to) }));
        page.call("Input.dispatchTouchEvent", &json!({ "type": "touchEnd", "touchPoints": [] }));
    };
    for n in 1..=c.steps.len() {
        check(&c, n, "ko", &page.eval(SHOWN));
        let side = if c.steps[n - 1].process == 0 { "server" } else { "client" };
        let seen = "[...document.querySelectorAll('.pl-side')].filter(s => s.checkVisibility()).map(s => s.className).join()";
        assert_eq!(page.eval(seen), format!("pl-side pl-{side}"), "step {n}");
        swipe(page, 300, 100);
    }
    swipe(page, 100, 300);
    assert_eq!(step(page), c.steps.len() - 1);
    let small = "[...document.querySelectorAll('.pl-ui button')].filter(b => b.checkVisibility()).map(b => b.getBoundingClientRect()).filter(r => r.height < 44 || r.width < 44).length";
    assert_eq!(page.eval(small), 0, "buttons too small for a thumb");
    let order = "['.pl-band', '.pl-wire', '.pl-choice', '.pl-side:not([hidden])', '.pl-time'].map(s => [...document.querySelectorAll(s)].find(e => e.checkVisibility()).getBoundingClientRect().top)";
    let tops: Vec<f64> = serde_json::from_value(page.eval(order)).unwrap();
    assert!(tops.is_sorted(), "{tops:?}");
    // The other side, by its button; the others stay within reach of the thumb.
    page.eval("document.querySelector('.pl-choice [aria-pressed=false]').click()");
    assert_eq!(page.eval("document.querySelectorAll('.pl-side')[0].checkVisibility() !== document.querySelectorAll('.pl-side')[1].checkVisibility()"), true);
    let bottom = page.number("document.querySelector('.pl-buttons').getBoundingClientRect().bottom");
    assert!(bottom <= 844.0, "{bottom}");
}

/// The call, its sentence, what crosses in this step and all that changes, on both sides, above the buttons; and no address breaks.
fn one_screen(browser: &mut Browser) {
    const UNSEEN: &str = r"(() => {
        const end = document.querySelector('.pl-buttons').getBoundingClientRect().top, shown = e => e.checkVisibility();
        const changed = [...document.querySelectorAll('.pl-process:not([hidden]) .pl-socket')].filter(card => card.matches('.pl-new') || card.querySelector('.pl-new'));
        const cards = changed.map(({ dataset }) => [...document.querySelectorAll(`.pl-socket[data-socket='${dataset.socket}']`)].find(shown));
        const all = [...document.querySelectorAll('.pl-text, .pl-said, .pl-this, .pl-new, .pl-gone')].filter(shown).concat(cards);
        return all.filter(e => !e || e.getBoundingClientRect().top < 0 || e.getBoundingClientRect().bottom > end).map(e => e?.className);
    })()";
    const BROKEN: &str = "[...document.querySelectorAll('.pl-piece, .pl-state')].filter(e => e.offsetHeight > 24).map(e => e.textContent)";
    for lang in ["ko", "en"] {
        let (c, _, html) = echo(lang);
        // In the book the page has its margins.
        for width in [390, 360] {
            let mut open = open(browser, &html, (width, 844), "");
            let mut unseen = Vec::new();
            for n in 1..=c.steps.len() {
                assert_eq!(open.page.eval(BROKEN), json!([]), "step {n}, {lang}, {width}");
                let these = open.page.eval(UNSEEN);
                if these != json!([]) {
                    unseen.push((n, these));
                }
                click(&mut open.page, 2);
            }
            assert!(unseen.len() <= 2, "{lang}, {width}: {unseen:?}");
        }
    }
    let far =
        html::page(&[("C", &sample::echo("C"))], "ko").replace("127.0.0.1:41234", "192.168.100.100:41234");
    let mut open = open(browser, &far, PHONE, "#tcp_echoserv-step-9");
    assert_eq!(open.page.eval(BROKEN), json!([]));
}

fn in_a_page(recordings: &[(&str, &Recording)], id: &str, questions: Option<&Value>) -> String {
    let whole = html::page(recordings, "ko");
    let (head, rest) = whole.split_once("<main>").unwrap();
    let (_, tail) = rest.split_once("</main>").unwrap();
    let picture = html! { svg #picture width="10" height="10" {} };
    let players =
        id.split(' ').map(|id| html::player(id, recordings, "ko", questions, &picture).into_string());
    format!("{head}<main><h1>h</h1>{}</main>{tail}", players.collect::<String>())
}

fn questions() -> Value {
    let both = |text: &str| json!({ "ko": text, "en": text });
    json!([{
        "step": 5, "question": both("accept는?"),
        "choices": [
            { "text": both("돌아와요 </script>"), "right": false, "because": both("아무도 오지 않았어요.") },
            { "text": both("기다려요"), "right": true, "because": both("연결 대기 큐가 비어 있어요.") },
        ],
    }])
}

fn predict(browser: &mut Browser) {
    let c = sample::echo("C");
    let mut open = open(browser, &in_a_page(&[("C", &c)], "p", Some(&questions())), WIDE, "#p-step-4");
    let page = &mut open.page;
    let asked = "document.querySelector('.pl-question').checkVisibility()";
    press(page, "ArrowRight");
    assert_eq!(step(page), 5, "nobody asked to be asked");
    page.eval("document.querySelector('.pl-asks').click()");
    click(page, 0);
    for n in 2..=4 {
        click(page, 2);
        assert_eq!((step(page), page.eval(asked)), (n, json!(false)));
    }
    click(page, 2);
    assert_eq!((step(page), page.eval(asked)), (4, json!(true)), "it stops before the step");
    assert_eq!(
        page.eval("document.querySelector('.pl-process').checkVisibility()"),
        true,
        "both ends stay in sight"
    );
    let choices = page.eval("[...document.querySelectorAll('.pl-question label')].map(l => l.textContent)");
    assert_eq!(choices, json!(["돌아와요 </script>", "기다려요"]), "in the order given");
    // The arrow keys choose among the answers there, and don't step.
    press(page, "ArrowDown");
    press(page, "ArrowUp");
    assert_eq!(step(page), 4);
    for (choice, class, told) in [
        (0, "pl-is-wrong", "아니에요. 아무도 오지 않았어요."),
        (1, "pl-is-right", "맞아요. 연결 대기 큐가 비어 있어요."),
    ] {
        page.eval(&format!("document.querySelectorAll('.pl-question input')[{choice}].click(); document.querySelector('.pl-question [type=submit]').click()"));
        assert_eq!(page.eval("document.querySelector('.pl-told').textContent"), told);
        assert_eq!(
            page.eval(&format!("document.querySelector('.pl-told').classList.contains('{class}')")),
            true
        );
    }
    page.eval("document.querySelector('.pl-acts [type=button]').click()");
    assert_eq!((step(page), page.eval(asked)), (5, json!(false)));
    assert_eq!(page.eval("localStorage.length + sessionStorage.length"), 0, "nothing is kept");
    assert_eq!(page.complaints("file://"), [""; 0]);
}

fn fallback(browser: &mut Browser) {
    let c = sample::echo("C");
    let html = in_a_page(&[("C", &c)], "p", None);
    {
        let mut open = open(browser, &html, WIDE, "");
        let page = &mut open.page;
        assert_eq!(page.eval("document.querySelector('#picture').checkVisibility()"), false);
        assert_eq!(page.eval("document.querySelector('.pl-paper').checkVisibility()"), false);
        page.call("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
        assert_eq!(page.eval("document.querySelector('#picture').checkVisibility()"), true);
        assert_eq!(page.eval("document.querySelector('.pl-ui').checkVisibility()"), false);
        let lines = page.eval("[...document.querySelectorAll('.pl-paper li')].filter(l => l.checkVisibility()).map(l => l.textContent)");
        let lines: Vec<String> = serde_json::from_value(lines).unwrap();
        assert_eq!(lines.len(), c.steps.len());
        assert!(lines[4].contains("서버: accept(3)") && lines[4].contains("기다려요."), "{}", lines[4]);
    }
    // Scripts are switched off before the page is there; the debugger's own still run.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.html");
    for (html, seen) in [(html, "#picture"), (html::page(&[("C", &c)], "en"), ".fallback li:last-child")] {
        fs::write(&file, html).unwrap();
        let mut page = browser.page();
        page.call("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
        page.open(&format!("file://{}", file.display()));
        assert_eq!(page.eval(&format!("document.querySelector('{seen}').checkVisibility()")), true, "{seen}");
        assert_eq!(page.eval("document.querySelector('.pl-ui')"), Value::Null);
        assert_eq!(
            page.eval("document.body.innerText.includes('\"version\"')"),
            false,
            "the recording is no text"
        );
    }
}

fn fits(browser: &mut Browser) {
    for lang in ["ko", "en"] {
        let (_, _, html) = echo(lang);
        for (html, what) in [(html, "echo"), (html::page(&[("C", &sample::crowd())], lang), "crowd")] {
            for size in [WIDE, (1440, 500), (1000, 700), (700, 900), PHONE, (320, 640)] {
                let mut open = open(browser, &html, size, "");
                let page = &mut open.page;
                let wide = page.number("document.documentElement.scrollWidth");
                assert!(
                    wide <= f64::from(size.0),
                    "{what}, {lang}: {wide} px wide in a window of {}",
                    size.0
                );
                if size == WIDE {
                    let high = page.number("document.documentElement.scrollHeight");
                    assert!(high <= f64::from(size.1), "{what}, {lang}: {high} px high");
                }
                assert_eq!(page.complaints("file://"), [""; 0]);
                if size.0 < 1000 {
                    continue; // there the text above may grow, and the browser keeps in its place what is looked at
                }
                // Stepping scrolls boxes, never the page, and moves nothing.
                let height = page.number("document.querySelector('.pl-ui').offsetHeight");
                page.eval("scrollTo(0, 40)");
                let y = page.number("scrollY");
                for _ in 0..12 {
                    click(page, 2);
                    assert!((page.number("scrollY") - y).abs() < 1.0, "{what}, {lang}, {size:?}");
                }
                let now = page.number("document.querySelector('.pl-ui').offsetHeight");
                assert!((now - height).abs() < 1.0, "{what}, {lang}, {size:?}: from {height} to {now}");
            }
        }
    }
}

fn two_players(browser: &mut Browser) {
    let c = sample::echo("C");
    let mut open = self::open(browser, &in_a_page(&[("C", &c)], "a a-step", None), WIDE, "#a-step-step-7");
    let page = &mut open.page;
    let steps = |page: &mut Page| {
        page.eval("[...document.querySelectorAll('.player')].map(p => Number(p.dataset.step))")
    };
    assert_eq!(steps(page), json!([1, 7]));
    press(page, "ArrowRight");
    assert_eq!(steps(page), json!([1, 8]), "the one that was used last");
    page.eval("document.querySelector('#player-a .pl-buttons button').focus({preventScroll: true})");
    press(page, "ArrowRight");
    assert_eq!(steps(page), json!([2, 8]), "the one that has the focus");
    // Nothing has been used here.
    let c = sample::echo("C");
    let html = in_a_page(&[("C", &c)], "a b", None)
        .replace("<h1>h</h1>", "<h1>h</h1><div style=height:3000px></div>");
    drop(open);
    let mut open = self::open(browser, &html, WIDE, "");
    let page = &mut open.page;
    let scroll = |page: &mut Page, to: &str| {
        page.eval(&format!("scrollTo({{ top: {to}, behavior: 'instant' }})"));
    };
    press(page, "ArrowRight");
    assert_eq!(steps(page), json!([1, 1]), "both are out of sight");
    let b = "scrollY + document.querySelector('#player-b').getBoundingClientRect().top";
    scroll(page, &format!("{b} - 300"));
    press(page, "ArrowRight");
    assert_eq!(steps(page), json!([1, 2]), "the one that fills most of the window");
    scroll(page, &format!("{b} - 800"));
    press(page, "ArrowRight");
    assert_eq!(steps(page), json!([1, 3]), "the one that was used last, while it is in sight");
    scroll(page, &format!("{b} - 1000"));
    press(page, "ArrowRight");
    assert_eq!(steps(page), json!([2, 3]), "the other, once that is out of sight");
    page.eval("document.querySelector('#player-b .pl-buttons button').focus({preventScroll: true})");
    press(page, "ArrowRight");
    assert_eq!(steps(page), json!([3, 3]), "nor does the focus count there");
    scroll(page, "0");
    press(page, "ArrowRight");
    assert_eq!(steps(page), json!([3, 3]), "none, where none is in sight");
}

fn axe(browser: &mut Browser) {
    let script = fs::read_to_string(env::var_os(AXE).unwrap()).unwrap();
    let crowd = sample::crowd();
    for lang in ["ko", "en"] {
        let (c, _, html) = echo(lang);
        let asking = in_a_page(&[("C", &c)], "p", Some(&questions()));
        for (html, steps) in
            [(html, [1, 13, 19]), (html::page(&[("C", &crowd)], lang), [8, 15, 21]), (asking, [1, 2, 4])]
        {
            for size in [WIDE, PHONE] {
                for scheme in ["light", "dark"] {
                    let mut open = open(browser, &html, size, "");
                    let page = &mut open.page;
                    page.scheme(scheme);
                    page.eval(&format!("{script}; document.querySelector('.pl-asks')?.click()"));
                    for n in steps {
                        page.eval(&format!("document.querySelectorAll('.pl-mark')[{}].click()", n - 1));
                        if n == 4 {
                            click(page, 2);
                            assert_eq!(
                                page.eval("document.querySelector('.pl-question').checkVisibility()"),
                                true
                            );
                        }
                        let found = page.eval(
                            "axe.run(document, { rules: { 'target-size': { enabled: true } } }).then(({ violations }) => \
                             violations.map(v => `${v.id}: ${v.nodes.map(n => n.html + ' ' + n.failureSummary).join()}`))",
                        );
                        assert_eq!(found, json!([]), "{lang}, {size:?}, {scheme}, step {n}");
                    }
                }
            }
        }
    }
}
