//! What the book shows of runs: the commands on its pages work, its transcripts are what terminals show, and whatever a
//! page asks for that isn't there is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs::{self, File, Permissions};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::SystemTime;

use labkit::{PATIENCE, Running, Trial, Workspace, root, trial};
use labnotes::book::Notes;
use labnotes::play::{Part, Script};
use labnotes::real::{Run, Seen, Wanted};

use crate::common;

pub(crate) fn trials() -> Vec<Trial> {
    let missing = common::missing_lab();
    let lab = |name, test: fn()| trial(name, missing.clone(), test);
    vec![
        lab("every_command_on_the_pages_runs", every_command_runs),
        lab("a_transcript_has_what_was_typed_and_what_came", a_transcript),
        lab("two_terminals_share_a_network_and_are_numbered", two_terminals),
        lab("a_command_that_takes_its_time_is_waited_for", waiting),
        lab("ctrl_c_is_the_programs_also_in_the_background", ctrl_c_in_the_background),
        lab("what_cannot_be_typed_is_an_error", what_cannot_be_typed),
        lab("whatever_is_not_there_is_an_error", whatever_is_not_there),
        lab("every_link_of_the_built_book_leads_somewhere", every_link),
        lab("a_page_with_its_players_is_small", a_page_with_its_players_is_small),
        lab("calls_and_pictures_are_real", calls_and_pictures),
        lab("every_question_is_asked_and_its_choices_differ", every_question),
        lab("a_programs_mistake_must_fit_the_program", a_mistake),
        lab("readmes_picture_is_what_the_programs_do", readmes_picture),
        lab("the_command_builds_a_book_and_empties_no_other_folder", the_command),
        lab("without_private_networks_it_says_so_and_writes_nothing", without_private_networks),
        lab("the_served_book_is_built_again_when_a_page_changes", served),
    ]
}

fn every_command_runs() {
    let root = root().canonicalize().unwrap();
    let notes = Notes::read(&root).unwrap();
    common::real(); // builds the programs
    for (page, command) in notes.commands().unwrap() {
        let mut lab = Command::new(root.join("scripts/lab"));
        lab.args(["sh", "-ec", &command]).current_dir(&root);
        lab.env("CARGO_TARGET_DIR", Workspace::here().unwrap().target).env("SUDO_USER", "nobody");
        let output = Running::start(&mut lab).unwrap().finish_within(PATIENCE).unwrap();
        assert_eq!(output.code, Some(0), "{page}: {command}\n{}", output.stderr_text());
    }
}

fn play(info: &str, text: &str) -> Result<Vec<(String, Vec<Part>)>, String> {
    let lines: Vec<String> = text.lines().map(String::from).collect();
    let script = Script::parse(info, &lines).map_err(|error| error.to_string())?;
    match common::real().get(&Wanted::Transcript(script)) {
        Ok(Seen::Transcript(screens)) => {
            Ok(screens.into_iter().map(|screen| (screen.name, screen.parts)).collect())
        }
        Ok(other) => Err(format!("{other:?}")),
        Err(error) => Err(format!("{error:#}")),
    }
}

fn output(text: &str) -> Part {
    Part::Output(text.into())
}

fn typed(text: &str, number: usize) -> Part {
    Part::Typed(text.into(), number)
}

fn a_transcript() {
    let screens = play("practice", "$ tcp_echocli 127.0.0.1\n> 안녕하세요\n$ echo $?\n$ cat\n^D").unwrap();
    let parts = [
        Part::Prompt,
        typed("tcp_echocli 127.0.0.1", 1),
        output("\n입력 : "),
        typed("안녕하세요", 2),
        output("\n수신 : 안녕하세요\n"),
        Part::Prompt,
        typed("echo $?", 3),
        output("\n0\n"),
        Part::Prompt,
        typed("cat", 4),
        output("\n"),
        typed("^D", 5),
    ];
    assert_eq!(screens, [(String::new(), parts.to_vec())]);
}

fn two_terminals() {
    let script = "[server]\n$ tcp_echoserv\n[client]\n$ tcp_echocli 127.0.0.1\n> abc\n[server]\n^C";
    let screens = play("practice no-servers", script).unwrap();
    let server = [
        Part::Prompt,
        typed("tcp_echoserv", 1),
        output("\n0.0.0.0:7에서 연결을 기다립니다.\n"),
        typed("^C", 4),
        output("\n"),
    ];
    assert_eq!(screens[0], ("server".into(), server.to_vec()));
    assert_eq!(screens[1].0, "client");
    assert_eq!(screens[1].1.last(), Some(&output("\n수신 : abc\n")));
}

fn waiting() {
    let screens = play("practice no-servers", "$ sleep 0.3; echo slept\n...\n$ echo done").unwrap();
    assert_eq!(screens[0].1[2], output("\nslept\n"));
    assert_eq!(screens[0].1.last(), Some(&output("\ndone\n")));
}

/// Where whoever started labnotes ignores Ctrl-C, as a shell does for what runs in its background.
fn ctrl_c_in_the_background() {
    let folder = tempfile::tempdir().unwrap();
    let mut build = Command::new("sh");
    build.args(["-c", "trap '' INT QUIT; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_labnotes")]);
    build.args(["build", "--only", "daytimeserv", "--out"]).arg(folder.path().join("book"));
    let output = Running::start(&mut build).unwrap().finish_within(PATIENCE).unwrap();
    assert_eq!(output.code, Some(0), "{}", output.stderr_text());
}

fn what_cannot_be_typed() {
    let error = play("practice", "$ cat\n$ true").unwrap_err();
    assert!(error.contains("the command before it has not ended"), "{error}");
    let error = play("practice", "> abc").unwrap_err();
    assert!(error.contains("nothing runs that it could be typed to"), "{error}");
}

fn whatever_is_not_there() {
    let copy = tempfile::tempdir().unwrap();
    let cp = Command::new("cp").arg("-r").arg(root().join("lab-notes")).arg(copy.path()).status().unwrap();
    assert!(cp.success());
    for folder in ["crates", "scripts"] {
        symlink(root().canonicalize().unwrap().join(folder), copy.path().join(folder)).unwrap();
    }
    let page = copy.path().join("lab-notes/ko/src/map.md");
    let error_of = |text: &str| {
        fs::write(&page, format!("# 지도 {{#map}}\n\n{text}\n")).unwrap();
        let built = Notes::read(copy.path()).and_then(|notes| {
            Arc::new(notes).build(&common::real(), &copy.path().join("out"), &["map".into()])
        });
        format!("{:#}", built.err().unwrap_or_else(|| panic!("no error: {text}")))
    };
    for (text, told) in [
        ("{{#include map.md}}", "there is no such directive"),
        ("text {{#steps x}} text", "has to stand on a line of its own"),
        ("{{#steps tcp_echosrv}}\n{{/steps}}", "there is no program `tcp_echosrv`"),
        ("{{#steps byte_order}}\n1. a\n\n2. b\n\n3. c\n{{/steps}}", "no note for step `4. ntohs"),
        ("{{#steps byte_order}}\n1. a\n\n2. b\n\n4. d\n{{/steps}}", "no note for step `3. s_port"),
        ("{{#steps byte_order}}\n1. a\n2. b\n3. c\n4. d\n5. e\n{{/steps}}", "a note for step 5"),
        ("{{#steps byte_order}}\n1. a", "without {{/steps}}"),
        ("{{#slides 48-50}}", "there is no slide 50"),
        ("siehe {{#slide 0}}", "there is no slide 0"),
        ("{{#slide x}}", "`x` is no slide"),
        ("{{#fact F99}}", "there is no fact F99"),
        ("{{#lab nothing}}", "there is no lab `nothing`"),
        ("{{#ladder byte_order}}", "no ladder"),
        ("{{#player nothing}}", "there is no scene `nothing`"),
        ("{{#departures there}}", "it is ours, linux or here"),
        ("{{#notes nothing}}", "there is no lab-notes/nothing.md"),
        ("{{#notes ../README}}", "is no file's name"),
        ("{{#shared nothing}}", "no `nothing`"),
        ("{{#bytes 0xC3}}", "four or eight hexadecimal digits"),
        ("{{#sockaddr 127.0.0.1}}", "an address and a port"),
        ("```ladder\nclient | server\n```", "left | between | right"),
        ("```console\n$ true\n```", "a fence is"),
        ("```sh ignore\ntrue\n```", "not-run"),
        ("```practice\n$ true", "a fence is not closed"),
    ] {
        let error = error_of(text);
        assert!(error.contains(told) && error.contains("map.md"), "{text}: {error}");
    }
}

/// Whoever made it: the pages, the theme, mdBook.
fn every_link() {
    let book = common::book();
    let values = |html: &str, name: &str| -> Vec<String> {
        let name = format!(" {name}=\"");
        html.split(&name).skip(1).filter_map(|rest| Some(rest.split('"').next()?.to_string())).collect()
    };
    let mut links = 0;
    for folder in [book.to_path_buf(), book.join("en")] {
        let pages = fs::read_dir(&folder).unwrap().map(|page| page.unwrap().path());
        for page in pages.filter(|page| page.extension().is_some_and(|kind| kind == "html")) {
            let html = fs::read_to_string(&page).unwrap();
            for link in [values(&html, "href"), values(&html, "src")].concat() {
                let (file, id) = link.split_once('#').unwrap_or((&link, ""));
                if file.starts_with("https://") {
                    continue;
                }
                let target = if file.is_empty() { page.clone() } else { folder.join(file) };
                assert!(target.is_file(), "{}: {link}", page.display());
                // The player makes the ids of its steps.
                let step = id.rsplit_once("-step-").filter(|(_, step)| step.parse::<u32>().is_ok());
                let id = step.map_or(id.to_string(), |(scene, _)| format!("player-{scene}"));
                let there =
                    id.is_empty() || values(&fs::read_to_string(&target).unwrap(), "id").contains(&id);
                assert!(there, "{}: {link}", page.display());
                links += 1;
            }
        }
    }
    assert!(links > 2000, "{links} links");
}

/// With what plays them, and without waiting for it: the page can be read before.
fn a_page_with_its_players_is_small() {
    let book = common::book();
    let size = |file: &str| fs::metadata(book.join(file)).unwrap().len();
    let player = size("player.js") + size("player.css");
    for page in &Notes::read(&root()).unwrap().pages[0] {
        for file in [format!("{}.html", page.name), format!("en/{}.html", page.name)] {
            assert!(size(&file) + player < 300 << 10, "{file}: {} bytes", size(&file) + player);
            let html = fs::read_to_string(book.join(&file)).unwrap();
            assert!(html.contains("player.js\" defer></script>"), "{file}");
        }
    }
}

fn calls_and_pictures() {
    let Seen::Calls(calls) = common::real().get(&Wanted::Calls("tcp_echoserv")).unwrap() else { panic!() };
    assert!(calls.iter().any(|call| call == "listen(3, 5) = 0"), "{calls:?}");
    // In the practice network, so that nothing shows of the machine that the book is built on.
    let Seen::Calls(calls) = common::real().get(&Wanted::Calls("get_hostent")).unwrap() else { panic!() };
    assert!(calls.iter().any(|call| call.contains("openat(AT_FDCWD, \"/etc/hosts\", ")), "{calls:#?}");
    assert!(!calls.iter().any(|call| call.contains("nameserver")), "{calls:#?}");
    let Seen::Scene(both) = common::real().get(&Wanted::Scene("tcp_echocli")).unwrap() else { panic!() };
    let rungs = stepper::ladder::rungs(&both[1], stepper::lang::Lang::En);
    assert!(rungs.iter().any(|rung| rung.client == "connect(3, 127.0.0.1:7, 16) = 0"), "{rungs:?}");
    let html = fs::read_to_string(common::book().join("tcp_echoserv.html")).unwrap();
    for shown in ["<svg", "SYN+ACK", "INADDR_ANY", "수신 : abcdefg", "class=\"player\""] {
        assert!(html.contains(shown), "{shown}");
    }
    let html = fs::read_to_string(common::book().join("connection.html")).unwrap();
    for shown in ["= <b>X</b>", "= <b>Y+1</b>", "SYN_SENT → ESTABLISHED", "FIN_WAIT2 → TIME_WAIT"] {
        assert!(html.contains(shown), "{shown}");
    }
}

fn every_question() {
    let (notes, real) = (Notes::read(&root().canonicalize().unwrap()).unwrap(), common::real());
    let scenes = notes.questions.count();
    let wanted = scenes.keys().flat_map(|scene| notes.questions.wanted(scene).unwrap());
    let own = scenes.keys().map(|name| Wanted::Scene(labnotes::real::scene(name).unwrap().name));
    real.prepare(&wanted.chain(own).collect::<Vec<_>>());
    let mut places = BTreeMap::<usize, usize>::new();
    for (scene, count) in &scenes {
        let asked = notes.questions.of(scene, &real).unwrap_or_else(|error| panic!("{error:#}")).unwrap();
        let asked = asked.as_array().unwrap();
        assert_eq!(asked.len(), *count, "{scene}");
        let steps: Vec<u64> = asked.iter().map(|question| question["step"].as_u64().unwrap()).collect();
        assert!(steps.is_sorted_by(|a, b| a < b) && steps[0] > 1, "{scene}: {steps:?}");
        for question in asked {
            let choices = question["choices"].as_array().unwrap();
            let right: Vec<usize> = (0..choices.len()).filter(|i| choices[*i]["right"] == true).collect();
            assert!(right.len() == 1 && choices.len() >= 3, "{scene}: {question}");
            *places.entry(right[0]).or_default() += 1;
            for language in ["ko", "en"] {
                let texts: BTreeSet<_> =
                    choices.iter().map(|choice| choice["text"][language].as_str().unwrap()).collect();
                assert_eq!(texts.len(), choices.len(), "{scene}: {question}");
                let told = |value: &serde_json::Value| !value[language].as_str().unwrap().is_empty();
                assert!(told(&question["question"]) && choices.iter().all(|choice| told(&choice["because"])));
            }
        }
    }
    // Whoever always chooses the same place is mostly wrong.
    let all: usize = places.values().sum();
    assert!(places.values().all(|count| count * 2 < all), "{places:?}");

    // The player shows the first recording, and its steps are what the questions count by.
    let Seen::Scene(both) = real.get(&Wanted::Scene("refused")).unwrap() else { panic!() };
    let asked = notes.questions.of("refused", &real).unwrap().unwrap();
    for question in asked.as_array().unwrap() {
        let step = &both[0].steps[usize::try_from(question["step"].as_u64().unwrap()).unwrap() - 1];
        let choices = question["choices"].as_array().unwrap();
        let right = choices.iter().find(|choice| choice["right"] == true).unwrap();
        match step.call.as_str() {
            "socket" => assert_eq!(right["text"]["en"], "nothing"),
            "connect" => assert_eq!(right["text"]["en"], "It returns -1 (ECONNREFUSED)"),
            "exit_group" => assert_eq!(right["text"]["en"], "It ends (exit status 1)"),
            call => panic!("{call}"),
        }
    }
}

fn a_mistake() {
    let run = |edits: &[[&str; 2]], client: &str| {
        let run = Run {
            name: "test_of_a_mistake".into(),
            program: "tcp_echoserv".into(),
            edits: edits.iter().map(|edit| edit.map(String::from)).collect(),
            server: "tcp_echoserv".into(),
            client: client.into(),
            typed: Vec::new(),
        };
        match common::real().get(&Wanted::Run(run)) {
            Ok(Seen::Run(recording)) => Ok(recording),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(format!("{error:#}")),
        }
    };
    let unlike = run(&[["listen(sock, 5)", "0"]], "tcp_echocli 127.0.0.1").unwrap_err();
    assert!(unlike.contains("`listen(sock, 5)` stands 0 times in "), "{unlike}");
    let refused =
        run(&[["listen(listen_sock, 5) < 0", "0"], ["rest();", "exit(1);"]], "tcp_echocli 127.0.0.1");
    let recording = refused.unwrap();
    let accept = recording.steps.iter().find(|step| step.call == "accept").unwrap();
    assert_eq!(accept.result.as_deref(), Some("-1 EINVAL (Invalid argument)"));
}

/// But for the ports, which are other ones in every run, and for which of two calls came first where neither waits for the
/// other.
fn readmes_picture() {
    let texts = |svg: &str| -> Vec<String> {
        let texts = svg.split('>').filter_map(|part| part.split('<').next());
        let without_port =
            |text: &str| match text.split_once(".0.0.1:").or_else(|| text.split_once(".0.0.0:")) {
                Some((before, port)) => {
                    before.to_string() + port.trim_start_matches(|c: char| c.is_ascii_digit())
                }
                None => text.trim().to_string(),
            };
        let mut texts: Vec<String> = texts.map(without_port).filter(|text| !text.is_empty()).collect();
        texts.sort();
        texts
    };
    let kept = fs::read_to_string(root().join("lab-notes/tcp_echoserv.svg")).unwrap();
    let now = Notes::picture(&common::real()).unwrap();
    assert_eq!(texts(&kept), texts(&now), "make it again: cargo run -p labnotes -- picture");
}

fn the_command() {
    let folder = tempfile::tempdir().unwrap();
    let labnotes = |out: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_labnotes"));
        command.args(["build", "--only", "map", "--out"]).arg(folder.path().join(out));
        Running::start(&mut command).unwrap().finish_within(PATIENCE).unwrap()
    };
    for _ in 0..2 {
        let output = labnotes("book");
        let (told, stdout) = (output.stderr_text(), output.stdout_text());
        assert_eq!(output.code, Some(0), "{told}");
        assert!(told.starts_with("Building the book: "), "{told}");
        let page = stdout.split_once("Open it in a browser: ").unwrap().1.trim_end();
        assert_eq!(page, folder.path().join("book/map.html").display().to_string());
        assert!(Path::new(page).exists());
    }
    assert!(folder.path().join("book/en/map.html").exists());
    fs::create_dir(folder.path().join("mine")).unwrap();
    for file in ["thesis.txt", "book.css"] {
        fs::write(folder.path().join("mine").join(file), "").unwrap();
    }
    let output = labnotes("mine");
    assert_eq!(output.code, Some(1));
    assert!(output.stderr_text().contains("is no book of ours: not emptied"), "{}", output.stderr_text());
    assert!(folder.path().join("mine/thesis.txt").exists());
}

/// As on a machine whose administrator has forbidden it.
fn without_private_networks() {
    let folder = tempfile::tempdir().unwrap();
    let mut labnotes = Command::new("unshare");
    labnotes.args(["--user", "--map-user=1000", "--map-group=1000", "--keep-caps", "sh", "-ec"]);
    labnotes.arg("echo 0 >/proc/sys/user/max_user_namespaces; exec \"$@\"");
    labnotes.args(["sh", env!("CARGO_BIN_EXE_labnotes"), "build", "--out"]).arg(folder.path().join("book"));
    let output = Running::start(&mut labnotes).unwrap().finish_within(PATIENCE).unwrap();
    let stderr = output.stderr_text();
    let (_, refusal) = stderr.split_once("labnotes: this machine refuses a practice network: ").unwrap();
    assert!(refusal.contains("\n         sudo sysctl user.max_user_namespaces=10000\n"), "{stderr}");
    assert!(stderr.lines().count() < 10, "{stderr}");
    assert_eq!((output.stdout_text().as_str(), output.code), ("", Some(1)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "it has written something");
}

fn served() {
    // A machine with what opens browsers, but with none that it could open.
    let folder = tempfile::tempdir().unwrap();
    let opens = folder.path().join("xdg-open");
    fs::write(&opens, "#!/bin/sh\necho $1 >${0%/*}/asked\nexit 3\n").unwrap();
    fs::set_permissions(&opens, Permissions::from_mode(0o755)).unwrap();
    let mut labnotes = Command::new(env!("CARGO_BIN_EXE_labnotes"));
    labnotes.env("PATH", format!("{}:{}", folder.path().display(), env::var("PATH").unwrap()));
    let serving = Running::start(labnotes.args(["serve", "--only", "map"])).unwrap();
    let stdout = serving.wait_stdout("type the address into one").unwrap();
    let (url, _) = stdout.strip_prefix("The book: ").unwrap().split_once("  (stop with Ctrl-C)\n").unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("asked")).unwrap().trim_end(), url);
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let get = |path: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().to_string(), body.to_string())
    };
    let (status, page) = get("/map.html");
    assert!(
        status == "200" && page.contains("슬라이드 지도") && page.contains("location.reload()"),
        "{page}"
    );
    assert_eq!(get("/en/map.html").0, "200");
    assert_eq!(get("/../../Cargo.toml").0, "404");
    let version = get("/.version");

    // Its time alone, to now: the page stays what it is.
    let page = File::options().append(true).open(root().join("lab-notes/ko/src/map.md")).unwrap();
    page.set_modified(SystemTime::now()).unwrap();
    serving.wait_stdout("built again\n").unwrap();
    assert_ne!(get("/.version"), version);
}
