//! What the player asks. `lab-notes/questions.toml` says before which step and about what; every choice is what a recording
//! says, the right one that of the scene itself, each wrong one that of another scene or of a program with a mistake.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use mirror::PROGRAMS;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use stepper::lang;
use stepper::recording::{Protocol, Recording, Segment, Socket, State, Step};

use crate::real::{Real, Run, Seen, Wanted, scene};

const FILE: &str = "lab-notes/questions.toml";

/// `lab-notes/questions.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Questions {
    /// Programs with a mistake, each with its partner.
    #[serde(default)]
    run: Vec<Run>,
    question: Vec<Question>,
}

/// One question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    scene: String,
    /// It is asked before this step, and what it asks about is as it is after it.
    at: At,
    of: Option<At>,
    asks: Asks,
    ko: String,
    en: String,
    why_ko: String,
    why_en: String,
    #[serde(default)]
    wrong: Vec<Wrong>,
}

/// A wrong choice: what another recording says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrong {
    /// A scene or a run.
    scene: String,
    at: At,
    of: Option<At>,
    /// If it is something else than what the question asks about.
    asks: Option<Asks>,
    ko: String,
    en: String,
}

/// A step: `client 2 read 1` is where `client 2` returns from its first `read`, `client 2 read 1 waits` where it first begins to
/// wait in one, `server close last` its last `close`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct At {
    process: String,
    call: String,
    /// From 1 on; the last if none.
    nth: Option<usize>,
    waits: bool,
}

/// What is looked at after a step. A socket is the one that the call gave or was made on; with `of`, the one of that other step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Asks {
    /// What the call returns, or that it waits; how the process ends.
    Returns,
    /// The bytes that the call has received or sent.
    Data,
    /// The socket's state.
    State,
    /// The state of the socket at the other end.
    PeerState,
    /// Bytes in the socket's receive queue.
    RecvQueue,
    /// Bytes in the receive queue of the socket at the other end.
    PeerRecvQueue,
    /// Connections in the queue of the one socket that listens.
    AcceptQueue,
    /// The socket's own address and port.
    Address,
    /// The numbers in the process's descriptor table.
    Descriptors,
    /// What crosses the wire in the step.
    Segments,
}

/// What a teacher asks.
pub(crate) struct ToAsk {
    /// The number of the step before which it is asked.
    pub(crate) step: usize,
    /// The question, its answer, and why that is so.
    pub(crate) said: [Text; 3],
}

/// The same in Korean and in English.
type Text = [String; 2];

impl Questions {
    /// Reads the file.
    pub fn read(root: &Path) -> Result<Self> {
        let text = fs::read_to_string(root.join(FILE)).context(FILE)?;
        Self::parse(&text).context(FILE)
    }

    /// Reads its text. Scenes and runs that are not there, two questions before one step, and a wrong choice from the question's own
    /// scene are errors.
    pub fn parse(text: &str) -> Result<Self> {
        let questions: Questions = toml::from_str(text)?;
        for run in &questions.run {
            let taken = scene(&run.name).is_ok() || PROGRAMS.contains(&run.name.as_str());
            ensure!(!taken, "the run {} has a name that is taken", run.name);
        }
        let mut asked = BTreeSet::new();
        for question in &questions.question {
            questions.check(question).with_context(|| question.to_string())?;
            ensure!(asked.insert(question.to_string()), "{question}: is asked twice");
        }
        Ok(questions)
    }

    fn check(&self, question: &Question) -> Result<()> {
        scene(&question.scene)?;
        ensure!(!question.wrong.is_empty(), "has no wrong choice");
        for wrong in &question.wrong {
            self.wanted_for(&wrong.scene)?;
            ensure!(
                wrong.scene != question.scene,
                "a wrong choice comes from another scene, not from its own"
            );
        }
        Ok(())
    }

    /// How many questions each scene has.
    #[must_use]
    pub fn count(&self) -> BTreeMap<&str, usize> {
        let mut count = BTreeMap::new();
        for question in &self.question {
            *count.entry(question.scene.as_str()).or_default() += 1;
        }
        count
    }

    /// The recordings that a scene's questions need.
    pub fn wanted(&self, scene: &str) -> Result<Vec<Wanted>> {
        let wrong = self.of_scene(scene).flat_map(|question| &question.wrong);
        wrong.map(|wrong| self.wanted_for(&wrong.scene)).collect()
    }

    /// A scene's questions as the player takes them; none if it has none.
    pub fn of(&self, scene: &str, real: &Real) -> Result<Option<Value>> {
        self.asked(scene, |name| match real.get(&self.wanted_for(name)?)? {
            Seen::Scene(both) => {
                let [c, _] = *both;
                Ok(c)
            }
            Seen::Run(run) => Ok(*run),
            other => bail!("{name}: {other:?} is no recording"),
        })
        .context(FILE)
    }

    /// The question before a step, as a teacher asks it.
    pub(crate) fn to_ask(&self, scene: &str, at: &str, real: &Real) -> Result<ToAsk> {
        let question = self.of_scene(scene).find(|question| question.at.to_string() == at);
        let question =
            question.with_context(|| format!("{FILE}: nothing is asked before `{at}` of {scene}"))?;
        let Seen::Scene(both) = real.get(&self.wanted_for(scene)?)? else { bail!("no scene") };
        let [own, _] = *both;
        let at = question.at.find(&own)?;
        let right = question.asks.of(&own, at, question.of.as_ref())?;
        let Question { ko, en, why_ko, why_en, .. } = question.clone();
        Ok(ToAsk { step: own.steps[at].n, said: [[ko, en], right, [why_ko, why_en]] })
    }

    fn of_scene(&self, scene: &str) -> impl Iterator<Item = &Question> {
        self.question.iter().filter(move |question| question.scene == scene)
    }

    fn wanted_for(&self, name: &str) -> Result<Wanted> {
        if let Some(run) = self.run.iter().find(|run| run.name == name) {
            return Ok(Wanted::Run(run.clone()));
        }
        Ok(Wanted::Scene(scene(name).context("nor is there a [[run]] of that name")?.name))
    }

    fn asked(&self, scene: &str, recorded: impl Fn(&str) -> Result<Recording>) -> Result<Option<Value>> {
        let mut asked: Vec<(usize, Value)> = Vec::new();
        for question in self.of_scene(scene) {
            let is_run = |name: &str| self.run.iter().any(|run| run.name == name);
            let (step, value) = question.asked(&recorded, is_run).with_context(|| question.to_string())?;
            ensure!(
                asked.iter().all(|(other, _)| *other != step),
                "{question}: another is before the same step"
            );
            asked.push((step, value));
        }
        asked.sort_by_key(|(step, _)| *step);
        let asked: Vec<Value> = asked.into_iter().map(|(_, value)| value).collect();
        Ok((!asked.is_empty()).then(|| json!(asked)))
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "the question of {} before `{}`", self.scene, self.at)
    }
}

impl Question {
    /// The number of its step, and the question as the player takes it. The order of the choices is always the same and says nothing.
    fn asked(
        &self,
        recorded: impl Fn(&str) -> Result<Recording>,
        is_run: impl Fn(&str) -> bool,
    ) -> Result<(usize, Value)> {
        let own = recorded(&self.scene)?;
        let at = self.at.find(&own)?;
        ensure!(at > 0, "the player begins at the first step, so nothing can be asked before it");
        let right = self.asks.of(&own, at, self.of.as_ref())?;
        let mut choices = vec![(right, true, [self.why_ko.clone(), self.why_en.clone()], String::new())];
        for wrong in &self.wrong {
            let place = format!("{} `{}`", wrong.scene, wrong.at);
            let text = recorded(&wrong.scene)
                .and_then(|other| {
                    wrong.asks.unwrap_or(self.asks).of(&other, wrong.at.find(&other)?, wrong.of.as_ref())
                })
                .with_context(|| place.clone())?;
            let same = choices.iter().find(|(other, ..)| other[0] == text[0] || other[1] == text[1]);
            if let Some((_, right, _, other)) = same {
                let other = if *right { "the right choice" } else { other };
                bail!("the wrong choice of {place} is the same as {other}: {}", text[1]);
            }
            choices.push((text, false, wrong.told(is_run(&wrong.scene)), place));
        }
        choices.sort_by_key(|(_, _, _, place)| Sha256::digest(format!("{self} {place}")));
        let said = |[ko, en]: &Text| json!({ "ko": ko, "en": en });
        let choices: Vec<Value> = choices
            .iter()
            .map(|(text, right, why, _)| json!({ "text": said(text), "right": right, "because": said(why) }))
            .collect();
        let question = json!({ "ko": self.ko, "en": self.en });
        let step = own.steps[at].n;
        Ok((step, json!({ "step": step, "question": question, "choices": choices })))
    }
}

impl Wrong {
    /// Where it comes from, and what happened there.
    fn told(&self, is_run: bool) -> Text {
        let Wrong { scene, ko, en, .. } = self;
        let call = [self.at.call.as_str(); 2];
        let [call_ko, call_en] = if self.at.call == "killed" { ["끝", "the end"] } else { call };
        if is_run {
            [
                format!(
                    "“{scene}”에서는 프로그램 하나를 일부러 틀리게 고쳤고, {call_ko}에서 이 결과가 나왔어요. {ko}"
                ),
                format!("It is from {call_en} in {scene}, where a program has a mistake on purpose. {en}"),
            ]
        } else {
            [
                format!("“{scene}” 장면의 {call_ko}에서 나온 결과예요. {ko}"),
                format!("It is from {call_en} in the scene {scene}. {en}"),
            ]
        }
    }
}

impl TryFrom<String> for At {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fault = || format!("`{text}` is no step, which is: PROCESS CALL NUMBER|last [waits]");
        let (step, waits) = text.strip_suffix(" waits").map_or((text.as_str(), false), |step| (step, true));
        let mut words = step.rsplitn(3, ' ');
        let (Some(nth), Some(call), Some(process)) = (words.next(), words.next(), words.next()) else {
            return Err(fault());
        };
        let nth = match nth {
            "last" => None,
            nth => Some(nth.parse().ok().filter(|nth| *nth > 0).ok_or_else(fault)?),
        };
        Ok(At { process: process.into(), call: call.into(), nth, waits })
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {} ", self.process, self.call)?;
        match self.nth {
            Some(nth) => write!(f, "{nth}")?,
            None => f.write_str("last")?,
        }
        f.write_str(if self.waits { " waits" } else { "" })
    }
}

impl At {
    /// The index of the step.
    fn find(&self, recording: &Recording) -> Result<usize> {
        let names: Vec<&str> = recording.processes.iter().map(|process| process.name.as_str()).collect();
        let process = names.iter().position(|name| *name == self.process);
        let process =
            process.with_context(|| format!("there is no `{}`, only {}", self.process, names.join(", ")))?;
        let is_it =
            |step: &Step| step.process == process && step.call == self.call && step.waits() == self.waits;
        let found: Vec<usize> =
            recording.steps.iter().enumerate().filter(|(_, step)| is_it(step)).map(|(i, _)| i).collect();
        let nth = self.nth.unwrap_or(found.len());
        let what = if self.waits { "waits in" } else { "returns from" };
        let step = nth.checked_sub(1).and_then(|nth| found.get(nth));
        step.copied().with_context(|| {
            format!("there is no `{self}`: {} {what} {} {} times", self.process, self.call, found.len())
        })
    }
}

impl Asks {
    /// What a recording says of it after the step of that index.
    fn of(self, recording: &Recording, at: usize, of: Option<&At>) -> Result<Text> {
        let step = &recording.steps[at];
        let whose = of.map_or(Ok(at), |of| of.find(recording))?;
        let own = || now(recording, at, socket(recording, whose)?);
        let peer = || now(recording, at, peer(recording, whose)?);
        Ok(match self {
            Asks::Returns => returns(step)?,
            Asks::Data => data(step)?,
            Asks::State => state(own()?),
            Asks::PeerState => state(peer()?),
            Asks::RecvQueue => queue(own()?)?,
            Asks::PeerRecvQueue => queue(peer()?)?,
            Asks::AcceptQueue => accept_queue(&step.state)?,
            Asks::Address => match own()?.context("the socket is gone")?.local {
                Some(address) => both(&address),
                None => ["정해져 있지 않아요".into(), "not set".into()],
            },
            Asks::Descriptors => {
                let of_process = step.state.processes.get(step.process);
                let numbers = of_process.context("it has no descriptors")?.descriptors.iter();
                both(&numbers.map(|descriptor| descriptor.fd.to_string()).collect::<Vec<_>>().join(", "))
            }
            Asks::Segments => crossed(&step.segments),
        })
    }
}

fn both(text: &impl ToString) -> Text {
    [text.to_string(), text.to_string()]
}

fn returns(step: &Step) -> Result<Text> {
    let first = step.args.first().map_or("", String::as_str);
    let Some(result) = &step.result else {
        return Ok(match step.call.as_str() {
            "exit_group" => [format!("끝나요 (종료 상태 {first})"), format!("It ends (exit status {first})")],
            "killed" => [format!("시그널을 받아 끝나요 ({first})"), format!("A signal ends it ({first})")],
            _ if step.waits() => ["돌아오지 않고 기다려요".into(), "It does not return: it waits".into()],
            call => bail!("{call} neither returns nor waits"),
        });
    };
    let mut words = result.split(' ');
    let number = words.next().unwrap_or_default();
    // As the digit is read: 영, 일, 삼, 육, 칠, 팔 end in a consonant.
    let particle = if number.ends_with(['0', '1', '3', '6', '7', '8']) { '을' } else { '를' };
    let error = words.next().map(|error| format!(" ({error})")).unwrap_or_default();
    Ok([format!("{number}{particle} 돌려줘요{error}"), format!("It returns {number}{error}")])
}

fn data(step: &Step) -> Result<Text> {
    let given =
        step.result.as_ref().and_then(|result| result.parse().ok()).context("it gives no number of bytes")?;
    let bytes = step.args.get(1).filter(|bytes| bytes.starts_with('"')).context("it has no bytes")?;
    let [ko, en] = lang::bytes(given);
    Ok([format!("{ko}: {bytes}"), format!("{en}: {bytes}")])
}

fn state(socket: Option<&Socket>) -> Text {
    socket.map_or_else(
        || ["소켓이 남아 있지 않아요".into(), "the socket is gone".into()],
        |socket| socket.state_names().map(String::from),
    )
}

fn queue(socket: Option<&Socket>) -> Result<Text> {
    let bytes = socket.context("the socket is gone")?.recv_queue;
    Ok(if bytes == 0 { empty() } else { lang::bytes(bytes) })
}

fn empty() -> Text {
    ["비어 있어요".into(), "it is empty".into()]
}

fn accept_queue(state: &State) -> Result<Text> {
    let waiting: Vec<usize> = state.sockets.iter().filter_map(|socket| socket.accept_queue).collect();
    let [waiting] = waiting[..] else { bail!("{} sockets listen", waiting.len()) };
    Ok(match waiting {
        0 => empty(),
        1 => ["연결 1개".into(), "1 connection".into()],
        _ => [format!("연결 {waiting}개"), format!("{waiting} connections")],
    })
}

fn crossed(segments: &[Segment]) -> Text {
    if segments.is_empty() {
        return ["아무것도 오가지 않아요".into(), "nothing".into()];
    }
    let one = |segment: &Segment| -> Text {
        let [ko, en] = lang::bytes(segment.len);
        match segment.protocol {
            Protocol::Icmp => both(&format!("ICMP {}", segment.flags)),
            Protocol::Udp => [format!("데이터그램 {ko}"), format!("a datagram of {en}")],
            Protocol::Tcp if segment.len == 0 => both(&segment.flags),
            Protocol::Tcp => [format!("{} {ko}", segment.flags), format!("{} {en}", segment.flags)],
        }
    };
    let all: Vec<Text> = segments.iter().map(one).collect();
    [0, 1].map(|language| all.iter().map(|text| text[language].as_str()).collect::<Vec<_>>().join(", "))
}

/// The states after a step and before it.
fn states(recording: &Recording, at: usize) -> impl Iterator<Item = &State> {
    [Some(at), at.checked_sub(1)].into_iter().flatten().map(|at| &recording.steps[at].state)
}

/// The socket that the call of a step gave or was made on, as it was last.
fn socket(recording: &Recording, at: usize) -> Result<&Socket> {
    let step = &recording.steps[at];
    let gives = matches!(step.call.as_str(), "socket" | "accept" | "accept4");
    let number = if gives { step.result.as_deref() } else { step.args.first().map(String::as_str) };
    let number: i32 = number.and_then(|number| number.parse().ok()).context("its call has no socket")?;
    let mut descriptors = states(recording, at)
        .filter_map(|state| state.processes.get(step.process))
        .flat_map(|p| &p.descriptors);
    let descriptor = descriptors.find(|descriptor| descriptor.fd == number);
    let id = descriptor.and_then(|descriptor| descriptor.socket).context("its descriptor is no socket's")?;
    // One that has been reset knows no more with whom it was connected.
    let all = || states(recording, at).flat_map(|state| &state.sockets).filter(|socket| socket.id == id);
    all()
        .find(|socket| socket.remote.is_some())
        .or_else(|| all().next())
        .context("the kernel has no such socket")
}

/// The socket at the other end: that of the connection, else the one to which the step sends.
fn peer(recording: &Recording, at: usize) -> Result<&Socket> {
    let own = socket(recording, at)?;
    let to = recording.steps[at].segments.first().map(|segment| segment.to.port());
    let is_it = |socket: &&Socket| match own.remote {
        Some(_) if own.protocol == Protocol::Tcp => socket.local == own.remote && socket.remote == own.local,
        remote => {
            let port = socket.local.map(|local| local.port());
            socket.protocol == own.protocol
                && port.is_some()
                && port == remote.map(|remote| remote.port()).or(to)
        }
    };
    let found = states(recording, at).flat_map(|state| &state.sockets).find(is_it);
    found.context("there is no socket at the other end")
}

/// A socket as it is after a step; none if it is gone.
fn now<'a>(recording: &'a Recording, at: usize, socket: &Socket) -> Result<Option<&'a Socket>> {
    let step = recording.steps.get(at).context("no such step")?;
    Ok(step.state.sockets.iter().find(|other| other.id == socket.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `client read(3, "abc\n", 8) = 4`, or ` waits` in place of what it gives.
    fn recording(steps: &[&str]) -> Recording {
        let names = ["server", "client 2"];
        let steps = (1..).zip(steps).map(|(n, text)| {
            let (name, call) = text.split_once(": ").unwrap();
            let (call, rest) = call.split_once('(').unwrap();
            let (args, result) = rest.split_once(')').unwrap();
            let result = result.strip_prefix(" = ");
            json!({
                "n": n, "process": names.iter().position(|other| *other == name), "call": call,
                "args": args.split(", ").collect::<Vec<_>>(), "result": result, "source": null,
                "blocked": result.is_none() && call != "exit_group", "printed": "", "signals": [], "segments": [],
                "state": { "processes": [], "sockets": [] },
            })
        });
        let processes =
            names.map(|name| json!({ "name": name, "program": "", "language": "C", "role": "client" }));
        let steps: Vec<Value> = steps.collect();
        let value = json!({ "version": 1, "scene": "", "processes": processes, "steps": steps, "files": {} });
        serde_json::from_value(value).unwrap()
    }

    fn at(text: &str) -> At {
        At::try_from(text.to_string()).unwrap()
    }

    #[test]
    fn a_step_is_found_by_its_process_its_call_and_a_number() {
        let recording = recording(&[
            "client 2: read(3)",
            "server: read(4, \"a\", 1) = 1",
            "client 2: read(3, \"a\", 1) = 1",
            "client 2: read(3)",
            "client 2: read(3, \"\", 1) = 0",
        ]);
        for (step, index) in [
            ("client 2 read 1 waits", 0),
            ("server read 1", 1),
            ("client 2 read 1", 2),
            ("client 2 read 2 waits", 3),
            ("client 2 read 2", 4),
            ("client 2 read last", 4),
        ] {
            assert_eq!(at(step).find(&recording).unwrap(), index, "{step}");
            assert_eq!(at(step).to_string(), step);
        }
        let error = |step| at(step).find(&recording).unwrap_err().to_string();
        assert_eq!(error("client read 1"), "there is no `client`, only server, client 2");
        assert_eq!(
            error("client 2 read 3"),
            "there is no `client 2 read 3`: client 2 returns from read 2 times"
        );
        assert_eq!(
            error("server read 1 waits"),
            "there is no `server read 1 waits`: server waits in read 0 times"
        );
        for none in ["read 1", "server read", "server read 0", "server read x", "server read 1 wait"] {
            assert!(At::try_from(none.to_string()).is_err(), "{none}");
        }
    }

    #[test]
    fn what_a_call_did_is_said_in_both_languages() {
        let said = |step| returns(&recording(&[step]).steps[0]).unwrap();
        assert_eq!(said("server: accept(3) = 4"), ["4를 돌려줘요", "It returns 4"]);
        assert_eq!(said("server: read(3) = 10"), ["10을 돌려줘요", "It returns 10"]);
        assert_eq!(
            said("server: write(3) = -1 EPIPE (Broken pipe"),
            ["-1을 돌려줘요 (EPIPE)", "It returns -1 (EPIPE)"]
        );
        assert_eq!(said("server: read(3)"), ["돌아오지 않고 기다려요", "It does not return: it waits"]);
        assert_eq!(said("server: exit_group(1)"), ["끝나요 (종료 상태 1)", "It ends (exit status 1)"]);
        let given = data(&recording(&["server: read(3, \"ab\", 9) = 2"]).steps[0]).unwrap();
        assert_eq!(given, ["2바이트: \"ab\"", "2 bytes: \"ab\""]);
    }

    /// A question of `refused`, with a wrong choice from `backlog_full`.
    fn asked(own: &str, other: &str) -> Result<Option<Value>> {
        let text = "
            [[question]]
            scene = 'refused'
            at = 'server connect 1'
            asks = 'returns'
            ko = ''
            en = ''
            why_ko = ''
            why_en = ''
            [[question.wrong]]
            scene = 'backlog_full'
            at = 'server connect last'
            ko = ''
            en = 'why'";
        let questions = Questions::parse(text).unwrap();
        let recorded = |name: &str| {
            Ok(recording(&["server: socket() = 3", if name == "refused" { own } else { other }]))
        };
        questions.asked("refused", recorded)
    }

    #[test]
    fn a_right_choice_is_the_scenes_own_and_a_wrong_one_anothers() {
        let value = asked("server: connect(3) = -1 E", "server: connect(3) = 0").unwrap().unwrap();
        assert_eq!(value[0]["step"], 2);
        let mut choices = value[0]["choices"].as_array().unwrap().clone();
        choices.sort_by_key(|choice| choice["right"] == true);
        assert_eq!(choices[0]["text"]["en"], "It returns 0");
        assert_eq!(choices[0]["because"]["en"], "It is from connect in the scene backlog_full. why");
        assert_eq!(choices[1]["text"]["en"], "It returns -1 (E)");
    }

    #[test]
    fn a_wrong_choice_that_would_be_right_is_an_error_that_names_the_question() {
        let error = asked("server: connect(3) = 0", "server: connect(4) = 0").unwrap_err();
        assert_eq!(
            format!("{error:#}"),
            "the question of refused before `server connect 1`: the wrong choice of backlog_full `server connect last` \
             is the same as the right choice: It returns 0"
        );
        let error = asked("server: bind(3) = 0", "server: connect(3) = 0").unwrap_err();
        let told = "the question of refused before `server connect 1`: there is no `server connect 1`";
        assert!(format!("{error:#}").starts_with(told), "{error:#}");
    }
}
