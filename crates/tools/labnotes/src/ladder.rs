//! The picture of a client and its server: an SVG made from their traces. Time runs down; the calls stand left and right,
//! and between them what crosses the wire.

use maud::{Markup, html};
use stepper::ladder::Rung;
use unicode_width::UnicodeWidthStr as _;

/// Between two rungs.
const RUNG: usize = 30;
/// Between two arrows of a handshake.
const ARROW: usize = 26;
/// From a call's text to its life line.
const GAP: usize = 14;
/// Between the life lines.
const WIRE: usize = 300;
/// Characters in one line of a call; a longer call takes several.
const LONGEST: usize = 44;
/// Between the lines of one call.
const LINE: usize = 14;
/// The width of a character of the calls, in px; the style sheet sets the font's size to fit.
const CHARACTER: usize = 7;
/// Above the first rung.
const HEAD: usize = 58;

/// An arrow from one life line to the other.
struct Arrow {
    y: usize,
    right: bool,
    text: String,
    kind: &'static str,
}

/// The colours for a picture that stands alone, in light and in dark.
const STYLE: &str = "\
    text { font: 11.6px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #23262b } \
    .who { font: 700 15px system-ui, sans-serif } .name { font-weight: 650; fill: #1f5f8b } circle { fill: #1f5f8b } \
    .life { stroke: #d5d2ca; stroke-width: 2 } .wire line, .wire path { fill: none; stroke: #5a6069; stroke-width: 1.4 } \
    .wire text { fill: #5a6069 } .data text { fill: #2b6b45; font-weight: 600 } \
    .data line, .data path { stroke: #2b6b45; stroke-width: 2 } \
    @media (prefers-color-scheme: dark) { text { fill: #d9dce1 } .name { fill: #7cb8e2 } circle { fill: #7cb8e2 } \
    .life { stroke: #3a3f47 } .wire text { fill: #a0a7b1 } .wire line, .wire path { stroke: #a0a7b1 } \
    .data text { fill: #86c79d } .data line, .data path { stroke: #86c79d } }";

/// The picture as a file of its own, for README.
pub(crate) fn file(rungs: &[Rung], names: [&str; 2]) -> String {
    let svg = svg(rungs, names, "").into_string();
    let with_style = format!("aria-label=\"{} and {}\"><style>{STYLE}</style>", names[0], names[1]);
    let Some((_, rest)) = svg.split_once('>') else { return svg };
    let head = svg.split(" role=").next().unwrap_or_default();
    let head = head.replace("<svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"");
    format!("{head} role=\"img\" {with_style}{}\n", rest.replace("><", ">\n<"))
}

/// The picture as `<svg>` with real text in it, and a label for those who don't see it. Its colours are the style sheet's.
pub(crate) fn svg(rungs: &[Rung], names: [&str; 2], label: &str) -> Markup {
    let longest = |side: fn(&Rung) -> &str| {
        let lines = rungs.iter().flat_map(|rung| lines(side(rung)));
        lines.map(|line| line.width()).max().unwrap_or(0)
    };
    let left = longest(|rung| &rung.client) * CHARACTER + GAP;
    let right = longest(|rung| &rung.server) * CHARACTER + GAP;
    let (client, server) = (left + 10, left + 10 + WIRE);
    let width = server + right + 10;

    let mut y = HEAD;
    let mut calls = Vec::new();
    let mut arrows = Vec::new();
    for rung in rungs {
        let call = lines(if rung.client.is_empty() { &rung.server } else { &rung.client });
        let above = (call.len() - 1) * LINE / 2;
        y += above;
        for (i, what) in rung.wire.iter().enumerate() {
            arrows.push(arrow(y + i * ARROW, what.right, &what.what));
        }
        y += rung.wire.len().saturating_sub(1) * ARROW; // the call returns when the last has arrived
        calls.push((y, !rung.client.is_empty(), call));
        y += RUNG + above;
    }
    let height = y + 6;
    html! {
        svg class="ladder" viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) role="img" aria-label=(label) {
            g class="ends" {
                text x=(client) y="20" text-anchor="middle" class="who" { (names[0]) }
                text x=(server) y="20" text-anchor="middle" class="who" { (names[1]) }
                line class="life" x1=(client) y1="32" x2=(client) y2=(height) {}
                line class="life" x1=(server) y1="32" x2=(server) y2=(height) {}
            }
            @for arrow in &arrows {
                @let (from, to) = if arrow.right { (client + 5, server - 5) } else { (server - 5, client + 5) };
                @let tip = if arrow.right { (to - 8, to) } else { (to + 8, to) };
                g class={ "wire " (arrow.kind) } {
                    line x1=(from) y1=(arrow.y) x2=(to) y2=(arrow.y + 10) {}
                    path d={ "M" (tip.0) " " (arrow.y + 5) " L" (tip.1) " " (arrow.y + 10) " L" (tip.0) " " (arrow.y + 14) } {}
                    text x=(usize::midpoint(client, server)) y=(arrow.y - 1) text-anchor="middle" { (arrow.text) }
                }
            }
            @for (y, of_client, call) in &calls {
                @let failed = call.iter().any(|line| line.contains(") = -1"));
                @let (x, anchor) = if *of_client { (client - GAP, "end") } else { (server + GAP, "start") };
                g class={ "call" @if failed { " failed" } } {
                    circle cx=(if *of_client { client } else { server }) cy=(y) r="3.5" {}
                    @for (i, line) in call.iter().enumerate() {
                        text x=(x) y=(y + 4 + i * LINE - (call.len() - 1) * LINE / 2) text-anchor=(anchor) {
                            @if i == 0 { (name_and_rest(line)) } @else { (line) }
                        }
                    }
                }
            }
        }
    }
}

fn arrow(y: usize, right: bool, text: &str) -> Arrow {
    let kind = match text {
        _ if text.contains("unreachable") || text.contains("RST") => "refusal",
        _ if text.starts_with('"') => "data",
        _ => "control",
    };
    Arrow { y, right, text: text.into(), kind }
}

/// A call cut at its commas into lines of at most [`LONGEST`] characters, where it can be.
fn lines(call: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in call.split_inclusive(", ") {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && line.width() + part.trim_end().width() > LONGEST {
            lines.push(part.into());
        } else {
            *line += part;
        }
    }
    lines
}

/// The call's name stands out.
fn name_and_rest(call: &str) -> Markup {
    let (name, rest) = call.split_at(call.find('(').unwrap_or(0));
    html! { tspan class="name" { (name) } (rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_call_takes_two_lines() {
        let call = "recvfrom(3, \"abcdefg\\n\", 65536, 0, 127.0.0.1:34587, [16]) = 8";
        assert_eq!(lines(call), ["recvfrom(3, \"abcdefg\\n\", 65536, 0, ", "127.0.0.1:34587, [16]) = 8"]);
        assert_eq!(lines("listen(3, 5) = 0"), ["listen(3, 5) = 0"]);
        assert_eq!(lines(""), [""]);
    }
}
