//! What Wireshark makes of a recording's segments.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use etherparse::icmpv4::DestUnreachableHeader::Port;
use etherparse::{Icmpv4Type, PacketBuilder, TcpHeader};
use labkit::{Trial, missing_program, trial, trial_with};
use serde_json::Value;
use stepper::pcapng;
use stepper::recording::{Process, Protocol, Recording, Role, Segment, State, Step, VERSION};
use stepper::scenes::Language;

use crate::{SCENES, missing, recorded};

const LO: [u8; 4] = [127, 0, 0, 1];
const SERVER: &str = "127.0.0.1:5000";
const CLIENT: &str = "127.0.0.1:40000";

pub(crate) fn trials() -> Vec<Trial> {
    let tools = ["tshark", "capinfos"];
    let mut trials = vec![
        trial_with(&tools, "tshark_sees_what_the_recording_says", tshark_sees_what_the_recording_says),
        trial_with(&tools, "tshark_has_nothing_to_say_of_a_good_conversation", || {
            let recording = recording();
            assert_eq!(remarks(&recording, true), [""; 0]);
            // and it does speak where something is wrong
            let mut gap = recording;
            gap.steps[2].segments.clear();
            assert_ne!(remarks(&gap, true), [""; 0]);
        }),
        trial_with(&tools, "capinfos_knows_who_wrote_it", capinfos_knows_who_wrote_it),
        trial("a_comment_says_step_process_and_call", None, a_comment_says_step_process_and_call),
        trial("an_endless_call_is_cut", None, an_endless_call_is_cut),
        trial("without_packets_there_is_no_file", None, without_packets_there_is_no_file),
    ];
    for (n, scene) in SCENES.iter().enumerate() {
        let missing = missing_program("tshark").or_else(missing);
        trials.push(trial(&format!("tshark agrees on {}", scene.name), missing, move || {
            let recording = recorded(n, Language::C);
            agrees(recording);
            // Between processes of one machine, the kernel leaves checksums out.
            assert_eq!(remarks(recording, false), [""; 0]);
        }));
    }
    trials
}

/// A conversation by TCP whose data is lost once, a reset, a datagram, and one that nobody waits for.
fn recording() -> Recording {
    let process =
        |name: &str, role| Process { name: name.into(), program: name.into(), language: "C".into(), role };
    let mut lost = tcp(CLIENT, SERVER, "PSH ACK", 101, 501, b"abcdefg\n");
    lost.dropped = true;
    let steps = [
        (
            1,
            "connect",
            vec!["3", "{sa_family=AF_INET, sin_port=htons(5000)}", "16"],
            "0",
            vec![
                tcp(CLIENT, SERVER, "SYN", 100, 0, b""),
                tcp(SERVER, CLIENT, "SYN ACK", 500, 101, b""),
                tcp(CLIENT, SERVER, "ACK", 101, 501, b""),
            ],
        ),
        (0, "accept", vec!["3", "NULL", "NULL"], "4", vec![]),
        (
            1,
            "write",
            vec!["3", r#""abcdefg\n""#, "8"],
            "8",
            vec![
                lost,
                tcp(CLIENT, SERVER, "PSH ACK", 101, 501, b"abcdefg\n"),
                tcp(SERVER, CLIENT, "ACK", 501, 109, b""),
            ],
        ),
        (
            1,
            "close",
            vec!["3"],
            "0",
            vec![tcp(CLIENT, SERVER, "FIN ACK", 109, 501, b""), tcp(SERVER, CLIENT, "ACK", 501, 110, b"")],
        ),
        (
            0,
            "write",
            vec!["4", r#""가\n""#, "4"],
            "4",
            vec![
                tcp(SERVER, CLIENT, "PSH ACK", 501, 110, "가\n".as_bytes()),
                tcp(CLIENT, SERVER, "RST", 110, 0, b""),
            ],
        ),
        (1, "sendto", vec!["3", r#""x""#, "1"], "1", vec![udp(CLIENT, "127.0.0.1:7", b"x")]),
        (
            1,
            "sendto",
            vec!["3", r#""""#, "0"],
            "0",
            vec![
                udp(CLIENT, "127.0.0.1:9", b""),
                unreachable("127.0.0.1:9", CLIENT, &udp(CLIENT, "127.0.0.1:9", b"").packet),
            ],
        ),
    ];
    let mut time = Duration::new(1_700_000_000, 0);
    let steps = steps.into_iter().zip(1..).map(|((process, call, args, result, mut segments), n)| {
        for segment in &mut segments {
            time += Duration::from_nanos(1_000_001);
            segment.time = time;
        }
        Step {
            n,
            process,
            call: call.into(),
            args: args.into_iter().map(String::from).collect(),
            result: Some(result.into()),
            source: None,
            blocked: false,
            printed: String::new(),
            signals: Vec::new(),
            segments,
            state: State::default(),
        }
    });
    Recording {
        version: VERSION,
        scene: "own".into(),
        processes: vec![process("server", Role::Server), process("client", Role::Client)],
        steps: steps.collect(),
        files: BTreeMap::new(),
    }
}

fn segment(from: &str, to: &str, protocol: Protocol, data: &[u8], packet: Vec<u8>) -> Segment {
    Segment {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        protocol,
        flags: String::new(),
        seq: 0,
        ack: 0,
        len: data.len(),
        data: String::from_utf8_lossy(data).into_owned(),
        dropped: false,
        packet,
        time: Duration::ZERO,
    }
}

fn tcp(from: &str, to: &str, flags: &str, seq: u32, ack: u32, data: &[u8]) -> Segment {
    let (source, destination): (SocketAddr, SocketAddr) = (from.parse().unwrap(), to.parse().unwrap());
    let mut header = TcpHeader::new(source.port(), destination.port(), seq, 65535);
    header.acknowledgment_number = ack;
    for flag in flags.split(' ') {
        match flag {
            "SYN" => header.syn = true,
            "ACK" => header.ack = true,
            "FIN" => header.fin = true,
            "PSH" => header.psh = true,
            "RST" => header.rst = true,
            other => unreachable!("no flag is called {other}"),
        }
    }
    let mut packet = Vec::new();
    PacketBuilder::ipv4(LO, LO, 64).tcp_header(header).write(&mut packet, data).unwrap();
    Segment { flags: flags.into(), seq, ack, ..segment(from, to, Protocol::Tcp, data, packet) }
}

fn udp(from: &str, to: &str, data: &[u8]) -> Segment {
    let (source, destination): (SocketAddr, SocketAddr) = (from.parse().unwrap(), to.parse().unwrap());
    let mut packet = Vec::new();
    PacketBuilder::ipv4(LO, LO, 64).udp(source.port(), destination.port()).write(&mut packet, data).unwrap();
    segment(from, to, Protocol::Udp, data, packet)
}

fn unreachable(from: &str, to: &str, datagram: &[u8]) -> Segment {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(LO, LO, 64)
        .icmpv4(Icmpv4Type::DestinationUnreachable(Port))
        .write(&mut packet, datagram)
        .unwrap();
    Segment { flags: "port unreachable".into(), ..segment(from, to, Protocol::Icmp, b"", packet) }
}

/// Runs one of Wireshark's programs on the recording's file. It must have nothing to complain of.
fn wireshark(program: &str, recording: &Recording, args: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.pcapng");
    pcapng::write(recording, &mut fs::File::create(&path).unwrap()).unwrap();
    on_file(program, &path, args)
}

fn on_file(program: &str, path: &Path, args: &[&str]) -> String {
    let read: &[&str] = if program == "tshark" { &["-n", "-r"] } else { &[] };
    // With a home of its own: what the user has set for Wireshark is not ours.
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(program)
        .args(read)
        .arg(path)
        .args(args)
        .env("HOME", home.path())
        .env_remove("XDG_CONFIG_HOME")
        .output()
        .unwrap();
    // As root, tshark says that this is not wise: that is no word on the file.
    let complaints: Vec<_> = std::str::from_utf8(&output.stderr)
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with("Running as user"))
        .collect();
    assert!(output.status.success() && complaints.is_empty(), "{}: {complaints:?}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// The first value of a field that tshark has found in a packet.
fn field<'a>(packet: &'a Value, name: &str) -> &'a str {
    packet["_source"]["layers"][name][0].as_str().unwrap_or("")
}

fn number(packet: &Value, name: &str) -> u32 {
    field(packet, name).parse().unwrap()
}

/// TCP's flags by name, in the order in which [`Segment::flags`] has them.
fn flags(packet: &Value) -> String {
    let bits = u8::from_str_radix(field(packet, "tcp.flags").trim_start_matches("0x"), 16).unwrap();
    let names = [(2, "SYN"), (1, "FIN"), (4, "RST"), (8, "PSH"), (16, "ACK")];
    let names: Vec<_> = names.into_iter().filter(|(bit, _)| bits & bit > 0).map(|(_, name)| name).collect();
    names.join(" ")
}

fn tshark_sees_what_the_recording_says() {
    agrees(&recording());
}

/// tshark, which has only the file, says the same of each packet as the recording.
fn agrees(recording: &Recording) {
    let fields = [
        "frame.comment",
        "frame.time_epoch",
        "frame.len",
        "frame.interface_name",
        "ip.src",
        "ip.dst",
        "tcp.srcport",
        "tcp.dstport",
        "tcp.flags",
        "tcp.seq_raw",
        "tcp.ack_raw",
        "tcp.len",
        "tcp.payload",
        "udp.srcport",
        "udp.dstport",
        "udp.length",
        "icmp.type",
        "icmp.code",
    ];
    let mut args = vec!["-T", "json"];
    for field in &fields {
        args.extend(["-e", field]);
    }
    let packets: Vec<Value> = serde_json::from_str(&wireshark("tshark", recording, &args)).unwrap();
    let segments: Vec<_> =
        recording.steps.iter().flat_map(|step| step.segments.iter().map(move |s| (step, s))).collect();
    assert_eq!(packets.len(), segments.len());
    for (packet, (step, segment)) in packets.iter().zip(segments) {
        assert_eq!(field(packet, "frame.comment"), pcapng::comment(recording, step, segment));
        let time = segment.time;
        let epoch = format!("{}.{:09}", time.as_secs(), time.subsec_nanos());
        assert_eq!(field(packet, "frame.time_epoch"), epoch);
        assert_eq!(number(packet, "frame.len"), segment.packet.len() as u32);
        assert_eq!(field(packet, "frame.interface_name"), "lo");
        assert_eq!(field(packet, "ip.src"), segment.from.ip().to_string());
        assert_eq!(field(packet, "ip.dst"), segment.to.ip().to_string());
        let ports = [segment.from, segment.to].map(|address| u32::from(address.port()));
        match segment.protocol {
            Protocol::Tcp => {
                assert_eq!(["tcp.srcport", "tcp.dstport"].map(|name| number(packet, name)), ports);
                assert_eq!(flags(packet), segment.flags);
                assert_eq!(number(packet, "tcp.seq_raw"), segment.seq);
                assert_eq!(number(packet, "tcp.ack_raw"), segment.ack);
                assert_eq!(number(packet, "tcp.len"), segment.len as u32);
            }
            Protocol::Udp => {
                assert_eq!(["udp.srcport", "udp.dstport"].map(|name| number(packet, name)), ports);
                assert_eq!(number(packet, "udp.length"), 8 + segment.len as u32);
            }
            Protocol::Icmp => {
                assert_eq!(["icmp.type", "icmp.code"].map(|name| field(packet, name)), ["3", "3"]);
                assert_eq!(segment.flags, "port unreachable");
            }
        }
    }
}

/// The packets that tshark finds malformed, or in which it misses something that must have been there before.
fn remarks(recording: &Recording, checksums: bool) -> Vec<String> {
    let wrong = "_ws.malformed || ip.checksum.status == \"Bad\" || tcp.checksum.status == \"Bad\" \
                 || udp.checksum.status == \"Bad\" || tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment";
    let checks = ["ip", "tcp", "udp"].map(|protocol| format!("{protocol}.check_checksum:{checksums}"));
    let mut args = vec!["-Y", wrong];
    for check in &checks {
        args.extend(["-o", check]);
    }
    wireshark("tshark", recording, &args).lines().map(String::from).collect()
}

fn capinfos_knows_who_wrote_it() {
    let told = wireshark("capinfos", &recording(), &["-M"]);
    for line in [
        "Number of packets:   13",
        "Capture application: stepper",
        "Name = lo",
        "Time precision = nanoseconds (9)",
        "Encapsulation = Raw IP",
    ] {
        assert!(told.contains(line), "{line} is not in\n{told}");
    }
}

fn a_comment_says_step_process_and_call() {
    let recording = recording();
    let step = &recording.steps[2];
    let comments: Vec<_> = step.segments.iter().map(|s| pcapng::comment(&recording, step, s)).collect();
    assert_eq!(comments[0], r#"dropped on arrival; step 3, client: write(3, "abcdefg\n", 8) = 8"#);
    assert_eq!(comments[1], r#"step 3, client: write(3, "abcdefg\n", 8) = 8"#);
}

fn an_endless_call_is_cut() {
    let mut recording = recording();
    recording.steps[2].args[1] = "가".repeat(100_000);
    let step = &recording.steps[2];
    let comment = pcapng::comment(&recording, step, &step.segments[1]);
    assert!(comment.starts_with("step 3, client: write(3, 가가가") && comment.ends_with("가…"), "{comment}");
    assert!(comment.len() < 65535);
}

fn without_packets_there_is_no_file() {
    let read: Recording = serde_json::from_str(&serde_json::to_string(&recording()).unwrap()).unwrap();
    let error = pcapng::write(&read, &mut io::sink()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("has lost its packets"), "{error}");
}
