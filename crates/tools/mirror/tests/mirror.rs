//! `mirror` as one types it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use labkit::{Output, PATIENCE, Program, run_trials, trial_with};
use mirror::PROGRAMS;

fn main() {
    let tools = ["strace", "cc"];
    run_trials(vec![
        trial_with(&tools, "every_row_is_green", every_row_is_green),
        trial_with(&tools, "every_fault_is_met_alike", every_fault_is_met_alike),
        trial_with(&tools, "a_trace_shows_both_programs_calls", a_trace_shows_both_programs_calls),
        trial_with(
            &tools,
            "a_ladder_shows_the_handshake_the_data_and_the_end",
            a_ladder_shows_what_crosses_the_wire,
        ),
        trial_with(&tools, "an_unknown_program_is_a_clear_error", an_unknown_program_is_a_clear_error),
        trial_with(
            &tools,
            "a_program_without_a_partner_has_no_ladder",
            a_program_without_a_partner_has_no_ladder,
        ),
        trial_with(&tools, "without_strace_it_says_so", without_strace_it_says_so),
    ])
}

fn mirror(args: &[&str]) -> Output {
    let mirror = Program::at(env!("CARGO_BIN_EXE_mirror")).start(args).unwrap();
    mirror.finish_within(PATIENCE).unwrap()
}

fn every_row_is_green() {
    let output = mirror(&[]);
    let rows: Vec<String> =
        output.stdout_text().lines().filter(|line| line.contains("green")).map(String::from).collect();
    for program in PROGRAMS {
        assert!(
            rows.iter().any(|row| row.contains(&format!("│ {program} "))),
            "{program}: {}",
            output.stdout_text()
        );
    }
    assert_eq!((rows.len(), output.code), (PROGRAMS.len(), Some(0)), "{}", output.stdout_text());
}

fn every_fault_is_met_alike() {
    let output = mirror(&["--faults"]);
    let table = output.stdout_text();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("│ ")).skip(1).collect();
    let red: Vec<&&str> = rows.iter().filter(|row| !row.contains("green")).collect();
    assert!(red.is_empty(), "{red:#?}");
    for server in ["tcp_echoserv", "daytimeserv"] {
        for errno in ["EINTR", "ECONNABORTED", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"] {
            let row = rows
                .iter()
                .find(|row| row.contains(server) && row.contains("accept(") && row.contains(errno))
                .unwrap();
            assert!(row.contains("accept fail: ") && row.contains("goes on"), "{row}");
        }
    }
    let row = rows.iter().find(|row| row.contains("udp_echoserv") && row.contains("sendto(")).unwrap();
    assert!(row.contains("sendto fail: ") && row.contains("goes on"), "{row}");
    assert!(rows.len() > 200, "{} rows", rows.len());
    assert_eq!(output.code, Some(0));
}

fn a_trace_shows_both_programs_calls() {
    let output = mirror(&["open_socket", "--trace"]);
    let text = output.stdout_text();
    let row = text.lines().find(|line| line.contains("SOCK_DGRAM")).unwrap();
    assert_eq!(row.matches("socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 5<UDP>").count(), 2, "{row}");
    assert_eq!(output.code, Some(0));
}

fn a_ladder_shows_what_crosses_the_wire() {
    for program in ["tcp_echocli", "tcp_echoserv"] {
        let text = mirror(&[program, "--ladder"]).stdout_text();
        // In this order, each on a line of its own: nothing is received before it was sent.
        let rungs = [
            "listen(3, 5) = 0",
            "── SYN ─▶",
            "◀─ SYN+ACK ──",
            "── ACK ─▶",
            r#"── "abcdefg\n" (8 bytes) ─▶"#,
            "accept(3, 127.0.0.1:",
            r#"read(4, "abcdefg\n", 65536) = 8"#,
            r#"◀─ "abcdefg\n" (8 bytes) ──"#,
            r#"read(3, "abcdefg\n", 8) = 8"#,
            "── FIN ─▶",
            r#"read(4, "", 65536) = 0"#,
            "◀─ FIN ──",
        ];
        let mut lines = text.lines();
        for rung in rungs {
            assert!(lines.any(|line| line.contains(rung)), "no {rung} in its place:\n{text}");
        }
    }
}

fn an_unknown_program_is_a_clear_error() {
    let output = mirror(&["tcp_echoserver"]);
    let said = output.stderr_text();
    assert!(said.contains("invalid value 'tcp_echoserver'") && said.contains("open_socket, "), "{said}");
    assert_eq!((output.stdout, output.code), (vec![], Some(2)));
}

fn a_program_without_a_partner_has_no_ladder() {
    let output = mirror(&["ascii_ip", "--ladder"]);
    assert_eq!(output.stderr_text(), "mirror: ascii_ip talks to nobody: no ladder\n");
    assert_eq!(output.code, Some(2));
}

fn without_strace_it_says_so() {
    let empty = tempfile::tempdir().unwrap();
    let args = ["-i".into(), format!("PATH={}", empty.path().display()), env!("CARGO_BIN_EXE_mirror").into()];
    let output = Program::at("env").run(args, b"").unwrap();
    assert_eq!(output.stderr_text(), "mirror: strace is not installed; scripts/setup installs it\n");
    assert_eq!(output.code, Some(2));
}
