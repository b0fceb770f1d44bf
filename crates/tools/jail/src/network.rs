//! The caller's own network: loopback, and an address of its own.

use std::fs;
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::process::{Command, Stdio};

use crate::tier::tried;

/// Brings up the loopback interface of this network namespace and gives it a further address: ip(8).
pub(crate) fn bring_up(address: Ipv4Addr) -> io::Result<()> {
    let ip = labkit::find_program("ip")
        .ok_or_else(|| io::Error::other("ip is not installed (Debian: apt-get install iproute2)"))?;
    let child = Command::new(ip)
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = tried("ip", child)?;
    if let Some(mut stdin) = child.stdin.take() {
        tried("ip", write!(stdin, "link set lo up\naddress add {address}/32 dev lo\n"))?;
    }
    let output = tried("ip", child.wait_with_output())?;
    if output.status.success() {
        // Students are root on no machine, but here every port is theirs. Where /proc/sys is read-only (in a container) that
        // can't be had, and only those who need a port below 1024 notice.
        let _ = fs::write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
        return Ok(());
    }
    Err(io::Error::other(format!("ip link set lo up: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

/// Leaves the system only these ports to choose from in this network namespace: ip(7).
pub(crate) fn choose_from(ports: &RangeInclusive<u16>) -> io::Result<()> {
    let range = format!("{} {}", ports.start(), ports.end());
    tried("ip_local_port_range", fs::write("/proc/sys/net/ipv4/ip_local_port_range", range))
}
