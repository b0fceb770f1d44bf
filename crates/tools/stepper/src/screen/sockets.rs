//! What a process has: its descriptors, and the sockets with all that the kernel knows of them.

use std::net::SocketAddr;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::moment::{Moment, Paint};
use super::text::{clip_line, columns, plain, wrap_words};
use crate::lang::Lang;
use crate::recording::{Descriptor, Role, Socket, State};
use crate::wire::server_ports;

/// `디스크립터 4 닫힘, 0 키보드, 1 2 화면`: those that this step has closed, and those that are no sockets.
pub(super) fn descriptors(moment: &Moment, process: usize, width: usize) -> Line<'static> {
    let lang = moment.lang;
    let of = |state: Option<&'_ State>| {
        state.and_then(|it| it.processes.get(process)).map_or(Vec::new(), |it| it.descriptors.clone())
    };
    let (before, now) = (of(moment.state_before()), of(moment.state()));
    let mut spans = vec![Span::styled(lang.of("디스크립터", "fd"), Paint::bold())];
    let gone = before.iter().filter(|old| !now.iter().any(|it| it.fd == old.fd));
    let gone: Vec<_> = gone.map(|it| it.fd.to_string()).collect();
    if !gone.is_empty() {
        spans.push(Span::raw(" "));
        spans.push(Span::styled(
            format!("{} {}", gone.join(" "), lang.of("닫힘", "closed")),
            moment.paint.changed(),
        ));
    }
    let others: Vec<_> = now.iter().filter(|it| it.socket.is_none()).collect();
    for alike in others.chunk_by(|one, other| one.what == other.what) {
        spans.push(Span::raw(if spans.len() == 1 { "" } else { "," }));
        for descriptor in alike {
            // Those that it was born with are nothing new.
            let new = !before.is_empty() && !before.contains(descriptor);
            spans.push(Span::raw(" "));
            spans.push(Span::styled(descriptor.fd.to_string(), moment.mark(new)));
        }
        spans.push(Span::raw(format!(
            " {}",
            alike.first().map_or(String::new(), |it| what_of(&it.what, lang))
        )));
    }
    let taken: usize = spans.iter().map(|span| columns(&span.content)).sum();
    if taken < width {
        spans.push(Span::raw(format!(" {}", "─".repeat(width - taken - 1))));
    }
    clip_line(Line::from(spans), width)
}

fn what_of(what: &str, lang: Lang) -> String {
    match what {
        "keyboard" => lang.of("키보드", "keyboard").to_owned(),
        "screen" => lang.of("화면", "screen").to_owned(),
        "pipe" => lang.of("파이프", "pipe").to_owned(),
        "socket" => lang.of("소켓", "socket").to_owned(),
        path => plain(path),
    }
}

/// Each socket of a process in two rows or more; after them those that no process has, of this side's ports.
pub(super) fn sockets(moment: &Moment, role: Role, process: usize, width: usize) -> Vec<Line<'static>> {
    let Some(state) = moment.state() else { return Vec::new() };
    let own = state.processes.get(process).map_or(&[][..], |it| &it.descriptors);
    let held =
        |id: usize| state.processes.iter().flat_map(|it| &it.descriptors).any(|it| it.socket == Some(id));
    let servers = server_ports(moment.recording, state);
    let here = |socket: &Socket| {
        let server = socket.local.is_some_and(|local| servers.contains(&local.port()));
        server == (role == Role::Server)
    };
    let mut rows = Vec::new();
    for descriptor in own {
        if let Some(socket) = state.sockets.iter().find(|it| Some(it.id) == descriptor.socket) {
            rows.extend(socket_rows(moment, process, Some(descriptor), socket, width));
        }
    }
    for socket in state.sockets.iter().filter(|it| !held(it.id) && here(it)) {
        rows.extend(socket_rows(moment, process, None, socket, width));
    }
    rows
}

fn socket_rows(
    moment: &Moment,
    process: usize,
    descriptor: Option<&Descriptor>,
    socket: &Socket,
    width: usize,
) -> Vec<Line<'static>> {
    let lang = moment.lang;
    let before = moment.state_before();
    let old = before.and_then(|state| state.sockets.iter().find(|it| it.id == socket.id));
    let descriptors =
        before.and_then(|state| state.processes.get(process)).map_or(&[][..], |it| &it.descriptors);
    let had = descriptors.iter().find(|it| it.socket == Some(socket.id)).map(|it| it.fd);
    let changed = |same: fn(&Socket, &Socket) -> bool| moment.mark(old.is_none_or(|old| !same(old, socket)));

    let [ko, en] = socket.state_names();
    let number = descriptor.map(|it| it.fd);
    let fd = number.map_or_else(|| "–".to_owned(), |fd| fd.to_string());
    let mut first = vec![
        (format!("{fd:>2}"), moment.mark(had != number)),
        (" → ".to_owned(), Style::new()),
        (plain(lang.of(ko, en)), changed(|old, now| old.state == now.state)),
    ];
    // In a narrow window each column counts.
    let gap = if width < 44 { " " } else { "  " };
    let mut queue = |text, style| first.extend([(gap.to_owned(), Style::new()), (text, style)]);
    if let Some(waiting) = socket.accept_queue {
        let backlog = socket.backlog.map_or(String::new(), |backlog| format!("/{backlog}"));
        let same =
            |old: &Socket, now: &Socket| (old.accept_queue, old.backlog) == (now.accept_queue, now.backlog);
        queue(format!("{} {waiting}{backlog}", lang.of("연결 대기 큐", "accept queue")), changed(same));
    } else {
        let recv = format!("{} {}", lang.of("수신 큐", "Recv-Q"), socket.recv_queue);
        queue(recv, changed(|old, now| old.recv_queue == now.recv_queue));
        let send = format!("{} {}", lang.of("송신 큐", "Send-Q"), socket.send_queue);
        queue(send, changed(|old, now| old.send_queue == now.send_queue));
    }

    let mut words = vec![("     ".to_owned(), Style::new())];
    let pieces = pieces(Some(socket)).into_iter().zip(pieces(old));
    for (sign, (now, before)) in ["①", "②", "③", "④", "⑤"].into_iter().zip(pieces) {
        let style = moment.mark(now != before);
        words.push((format!("{sign} {}", now.as_deref().unwrap_or("–")), style));
        words.push((" ".to_owned(), Style::new()));
    }
    let mut rows = wrap_words(&first, width, 5);
    rows.extend(wrap_words(&words, width, 5));
    rows
}

/// The five pieces of information of a socket (slide 8), as far as it has them.
fn pieces(socket: Option<&Socket>) -> [Option<String>; 5] {
    let ip = |end: Option<SocketAddr>| end.map(|it| it.ip().to_string());
    let port = |end: Option<SocketAddr>| end.map(|it| it.port().to_string());
    let protocol = socket.map(|it| format!("{:?}", it.protocol).to_uppercase());
    let (local, remote) = socket.map_or((None, None), |it| (it.local, it.remote));
    [protocol, ip(local), port(local), ip(remote), port(remote)]
}
