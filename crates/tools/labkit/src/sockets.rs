//! What the kernel says about ports.

use std::io;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};

/// TCP or UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// SOCK_STREAM: listening means accepting connections.
    Tcp,
    /// SOCK_DGRAM: listening means being bound.
    Udp,
}

/// A port that nobody has at the moment, neither for TCP nor for UDP. Somebody may take it before you do.
pub fn free_port() -> io::Result<u16> {
    loop {
        let tcp = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        let port = tcp.local_addr()?.port();
        match UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            udp => return udp.map(|_| port),
        }
    }
}

/// Does process `pid`, or another of its process group, listen at `port`? Asks proc(5), in the network namespace of `pid`.
#[cfg(target_os = "linux")]
pub fn listens(pid: i32, transport: Transport, port: u16) -> io::Result<bool> {
    use std::fs::{self, File};
    use std::io::{BufRead as _, BufReader};

    let (tables, state) = match transport {
        Transport::Tcp => (["tcp", "tcp6"], "0A"), // TCP_LISTEN
        Transport::Udp => (["udp", "udp6"], "07"), // TCP_CLOSE: bound, not connected
    };
    // A process that is about to end has no tables and no descriptors any more: it doesn't listen.
    let mut inodes = Vec::new();
    for table in tables.map(|table| File::open(format!("/proc/{pid}/net/{table}"))).into_iter().flatten() {
        for line in BufReader::new(table).lines().skip(1).map_while(Result::ok) {
            // sl local_address rem_address st queues tr retrnsmt uid timeout inode
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [_, local, _, st, _, _, _, _, _, inode, ..] = fields[..] else { continue };
            if st == state && local.ends_with(&format!(":{port:04X}")) {
                inodes.push(format!("socket:[{inode}]"));
            }
            // Those that listen come first (proc_net_tcp in the kernel's documentation), and then there may be thousands.
            if st != state && transport == Transport::Tcp {
                break;
            }
        }
    }
    let has_one = |pid: &str| {
        let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
        let links = descriptors.flatten().filter_map(|fd| fs::read_link(fd.path()).ok());
        links.into_iter().any(|link| inodes.iter().any(|inode| link.as_os_str() == inode.as_str()))
    };
    let in_group = |other: &str| {
        // pid (name) state ppid pgrp …; the name may have spaces and parentheses
        let stat = fs::read_to_string(format!("/proc/{other}/stat")).unwrap_or_default();
        let group = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(2)?.parse().ok());
        group == Some(pid)
    };
    let processes =
        fs::read_dir("/proc")?.flatten().filter_map(|process| process.file_name().into_string().ok());
    Ok(!inodes.is_empty() && processes.filter(|other| in_group(other)).any(|other| has_one(&other)))
}

/// Does process `pid` listen at `port`? Asks lsof(8).
#[cfg(not(target_os = "linux"))]
pub fn listens(pid: i32, transport: Transport, port: u16) -> io::Result<bool> {
    let mut lsof = std::process::Command::new("lsof");
    lsof.args(["-nP", "-a", "-p", &pid.to_string()]);
    match transport {
        Transport::Tcp => lsof.args([format!("-iTCP:{port}"), "-sTCP:LISTEN".into()]),
        Transport::Udp => lsof.arg(format!("-iUDP:{port}")),
    };
    Ok(lsof.output()?.status.success())
}
