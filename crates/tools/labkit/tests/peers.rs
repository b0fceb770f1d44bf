//! The lecture programs with peers that others wrote: nc, socat and ncat as clients, an inetd as the server.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::process::Command;

use labkit::{
    Output, Program, Running, Server, Transport, find_program, free_port, listens, missing_program,
    run_trials, trial, until,
};
use tempfile::TempDir;

fn main() {
    run_trials(vec![
        trial("nc_as_client_of_tcp_echoserv", missing_program("nc"), || interactive("tcp_echoserv", &["nc"])),
        trial("nc_as_client_of_udp_echoserv", missing_program("nc"), || {
            interactive("udp_echoserv", &["nc", "-u"]);
        }),
        trial("ncat_as_client_of_tcp_echoserv", missing_program("ncat"), || {
            interactive("tcp_echoserv", &["ncat"]);
        }),
        trial("ncat_as_client_of_udp_echoserv", missing_program("ncat"), || {
            interactive("udp_echoserv", &["ncat", "-u"]);
        }),
        trial("ncat_half_closes_and_gets_everything", missing_program("ncat"), || {
            half_close(|port| vec!["ncat".into(), "127.0.0.1".into(), port.to_string()]);
        }),
        trial("ncat_asks_daytimeserv", missing_program("ncat"), daytime_for_ncat),
        trial("socat_as_client_of_tcp_echoserv", missing_program("socat"), || socat("tcp_echoserv", "TCP")),
        trial("socat_as_client_of_udp_echoserv", missing_program("socat"), || socat("udp_echoserv", "UDP")),
        trial("socat_half_closes_and_gets_everything", missing_program("socat"), || {
            half_close(|port| {
                vec!["socat".into(), "-t60".into(), "-".into(), format!("TCP:127.0.0.1:{port}")]
            });
        }),
        trial("xinetd_as_echo_server_of_tcp_echocli", missing_program("xinetd"), || {
            assert_echo("tcp_echocli", "입력 : 수신 : abcdefg\n");
        }),
        trial("xinetd_as_echo_server_of_udp_echocli", missing_program("xinetd"), || {
            assert_echo("udp_echocli", "입력 : 수신 : abcdefg\n");
        }),
        trial("xinetd_as_echo_server_of_connected_udp", missing_program("xinetd"), || {
            assert_echo("connected_udp", "입력 : 수신 : abcdefg\n");
        }),
        trial("xinetd_as_echo_server_of_port_number", missing_program("xinetd"), || {
            assert_echo("port_number", "스트림 소켓 포트번호 = ");
        }),
        trial("xinetd_as_daytime_server_of_mydaytime", missing_program("xinetd"), xinetd_daytime),
    ])
}

fn both(name: &str) -> [Program; 2] {
    [Program::rust(name).unwrap(), Program::c(name).unwrap()]
}

fn interactive(server: &str, client: &[&str]) {
    for server in both(server) {
        let server = server.serve(&[]).unwrap();
        let mut client = Running::start(
            Command::new(client[0]).args(&client[1..]).args(["127.0.0.1", &server.port.to_string()]),
        )
        .unwrap();
        for line in ["abcdefg\n", "가나다\n"] {
            client.write(line.as_bytes());
            client.wait_stdout(line).unwrap();
        }
    }
}

fn socat(server: &str, address: &str) {
    for server in both(server) {
        let server = server.serve(&[]).unwrap();
        let mut client = Running::start(
            Command::new("socat").args(["-", &format!("{address}:127.0.0.1:{}", server.port)]),
        )
        .unwrap();
        client.write(b"abcdefg\n");
        assert_eq!(client.wait_stdout("abcdefg\n").unwrap(), "abcdefg\n");
    }
}

/// Sends 1 MiB of all byte values, says that this was all, and expects all of it back.
fn half_close(client: impl Fn(u16) -> Vec<String>) {
    let sent: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    for server in both("tcp_echoserv") {
        let server = server.serve(&[]).unwrap();
        let client = client(server.port);
        let output = Program::at(&client[0]).run(&client[1..], &sent).unwrap();
        assert_eq!(output.stdout.len(), sent.len());
        assert!(output.stdout == sent);
    }
}

fn daytime_for_ncat() {
    for server in both("daytimeserv") {
        let server = server.serve(&[]).unwrap();
        let output =
            Program::at("ncat").run(["--recv-only", "127.0.0.1", &server.port.to_string()], b"").unwrap();
        assert_eq!((output.stdout.len(), output.code), (26, Some(0)), "{output:?}");
    }
}

/// A running xinetd with its built-in services: echo (TCP and UDP) and daytime (TCP), each at its own port.
struct Xinetd {
    _server: Server,
    _folder: TempDir,
    echo: u16,
    daytime: u16,
}

fn xinetd() -> Xinetd {
    let folder = tempfile::tempdir().unwrap();
    let service = |name: &str, id: &str, kind: &str, protocol: &str, wait: &str, port: u16| {
        format!(
            "service {name}\n{{\n type = INTERNAL UNLISTED\n id = {id}\n socket_type = {kind}\n protocol = {protocol}\n \
             wait = {wait}\n user = {}\n port = {port}\n bind = 127.0.0.1\n flags = IPv4\n disable = no\n}}\n",
            nix::unistd::geteuid()
        )
    };
    let daytime = free_port().unwrap();
    let server = Server::start(Transport::Tcp, |echo| {
        let config = folder.path().join("xinetd.conf");
        let services = [
            "defaults\n{\n instances = 50\n cps = 1000 1\n}\n".into(),
            service("echo", "echo-stream", "stream", "tcp", "no", echo),
            service("echo", "echo-dgram", "dgram", "udp", "yes", echo),
            service("daytime", "daytime-stream", "stream", "tcp", "no", daytime),
        ];
        fs::write(&config, services.concat()).unwrap();
        let mut command = Command::new(find_program("xinetd").unwrap());
        command.args(["-dontfork", "-f"]).arg(config);
        command.arg("-pidfile").arg(folder.path().join("pid"));
        command.arg("-filelog").arg(folder.path().join("log"));
        command
    })
    .unwrap();
    for (transport, port) in [(Transport::Udp, server.port), (Transport::Tcp, daytime)] {
        until("xinetd's services", || Ok(listens(server.pid(), transport, port)?.then_some(()))).unwrap();
    }
    Xinetd { echo: server.port, daytime, _server: server, _folder: folder }
}

fn run(client: &Program, port: u16) -> Output {
    client.run(["127.0.0.1", &port.to_string()], b"abcdefg\n").unwrap()
}

fn assert_echo(client: &str, expected: &str) {
    let xinetd = xinetd();
    for client in both(client) {
        let output = run(&client, xinetd.echo);
        assert!(output.stdout_text().contains(expected), "{output:?}");
        assert_eq!((output.stderr_text().as_str(), output.code), ("", Some(0)));
    }
}

fn xinetd_daytime() {
    let xinetd = xinetd();
    for client in both("mydaytime") {
        let output = run(&client, xinetd.daytime);
        // xinetd has a form of its own: 22 NOV 2026 14:28:11 UTC
        assert!(output.stdout_text().ends_with("\r\n") && output.stdout_text().contains(':'), "{output:?}");
        assert_eq!((output.stderr_text().as_str(), output.code), ("", Some(0)));
    }
}
