//! Serves the book on loopback, and builds it again when something changes.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Result, anyhow};
use tiny_http::{Header, Request, Response, Server};

/// A server of a folder, until it is dropped.
pub struct Serving {
    /// Where it listens.
    pub address: SocketAddr,
    server: Arc<Server>,
    version: Arc<AtomicU64>,
}

/// Asks whether the book has changed; only pages that are served have it.
const RELOAD: &str = "<script>let version;setInterval(async()=>{try{const now=await(await fetch('/.version')).text();\
    if(version&&version!==now)location.reload();version=now}catch{}},1000)</script>";

impl Serving {
    /// Serves `folder` on 127.0.0.1; port 0 is the system's choice. With `reload`, pages load again by themselves.
    pub fn start(folder: &Path, port: u16, reload: bool) -> Result<Self> {
        let server =
            Server::http((Ipv4Addr::LOCALHOST, port)).map_err(|error| anyhow!("port {port}: {error}"))?;
        let server = Arc::new(server);
        let address = server.server_addr().to_ip().ok_or_else(|| anyhow!("no address"))?;
        let version = Arc::new(AtomicU64::new(1));
        for _ in 0..4 {
            let (server, version, folder) = (Arc::clone(&server), Arc::clone(&version), folder.to_path_buf());
            thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    // A browser that has gone away needs no answer.
                    let _ = answer(request, &folder, reload, version.load(Ordering::Relaxed));
                }
            });
        }
        Ok(Serving { address, server, version })
    }

    /// Tells the pages that the book has changed.
    pub fn changed(&self) {
        self.version.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

fn answer(request: Request, folder: &Path, reload: bool, version: u64) -> io::Result<()> {
    let path = request.url().split(['?', '#']).next().unwrap_or_default().to_string();
    if path == "/.version" {
        return request.respond(Response::from_string(version.to_string()));
    }
    let mut file = folder.join(path.trim_start_matches('/'));
    if path.ends_with('/') {
        file.push("index.html");
    }
    let climbs = Path::new(&path).components().any(|part| part == Component::ParentDir);
    let Ok(mut bytes) =
        fs::read(&file).map_err(|_| ()).and_then(|bytes| if climbs { Err(()) } else { Ok(bytes) })
    else {
        return request.respond(Response::from_string("404").with_status_code(404));
    };
    let kind = match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    if reload && kind.starts_with("text/html") {
        bytes.extend_from_slice(RELOAD.as_bytes());
    }
    let response = Response::from_data(bytes);
    match Header::from_bytes("Content-Type", kind) {
        Ok(header) => request.respond(response.with_header(header)),
        Err(()) => request.respond(response),
    }
}

/// When each file that the book is made of was changed.
#[must_use]
pub fn sources(root: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.join("lab-notes"), root.join("crates")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            let Ok(about) = entry.metadata() else { continue };
            if about.is_dir() {
                folders.push(entry.path());
            } else if let Ok(modified) = about.modified() {
                files.insert(entry.path(), modified);
            }
        }
    }
    files
}

/// How often to look whether a file has changed.
pub const LOOK: Duration = Duration::from_millis(300);
