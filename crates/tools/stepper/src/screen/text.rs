//! Text that fits: cut and wrapped by the columns that it takes, of which a Korean character takes two.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthChar;

/// How many columns a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}

/// Without what a terminal would obey: a tab is four blanks, another control character a dot.
pub(super) fn plain(text: &str) -> String {
    let blank = |char: char| if char.is_control() { '·' } else { char };
    text.replace('\t', "    ").chars().map(blank).collect()
}

/// The longest beginning that fits.
fn beginning(text: &str, room: usize) -> &str {
    let mut taken = 0;
    for (at, char) in text.char_indices() {
        taken += char.width().unwrap_or(0);
        if taken > room {
            return &text[..at];
        }
    }
    text
}

/// As much of it as fits, with `…` where the rest is missing.
pub(super) fn clip(text: &str, room: usize) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    format!("{}…", beginning(text, room.saturating_sub(1)))
}

/// As [`clip`], of a line with styles.
pub(super) fn clip_line(line: Line<'static>, room: usize) -> Line<'static> {
    if line.spans.iter().map(|span| columns(&span.content)).sum::<usize>() <= room {
        return line;
    }
    let mut left = room.saturating_sub(1);
    let mut clipped = Line::default();
    for span in line.spans {
        let taken = columns(&span.content);
        if taken > left {
            let text = format!("{}…", beginning(&span.content, left));
            clipped.push_span(Span::styled(text, span.style));
            break;
        }
        left -= taken;
        clipped.push_span(span);
    }
    clipped
}

/// Breaks it where there is a blank; what is too long for a row also after a bracket, or where it must.
pub(super) fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut words = Vec::new();
    for word in text.split_inclusive(' ') {
        if columns(word.trim_end()) <= room {
            words.push((word.to_owned(), Style::new()));
        } else {
            words.extend(word.split_inclusive('(').map(|part| (part.to_owned(), Style::new())));
        }
    }
    let rows = wrap_words(&words, room, 0);
    let texts = rows.iter().map(|row| row.spans.iter().map(|span| span.content.as_ref()).collect::<String>());
    texts.map(|row| row.trim_end().to_owned()).collect()
}

/// Fills rows with words, each whole where it fits in a row; from the second row on they are indented.
pub(super) fn wrap_words(words: &[(String, Style)], room: usize, indent: usize) -> Vec<Line<'static>> {
    let mut rows = vec![Line::default()];
    let mut left = room;
    for (word, style) in words {
        let mut rest = word.as_str();
        while !rest.is_empty() {
            let start = if rows.len() == 1 { room } else { room - indent.min(room) };
            if columns(rest.trim_end()) <= left {
                let piece = beginning(rest, left);
                left -= columns(piece);
                push(&mut rows, piece, *style);
                break;
            }
            if left == start {
                // It fits in no row.
                let piece = beginning(rest, left);
                if piece.is_empty() {
                    break;
                }
                push(&mut rows, piece, *style);
                rest = &rest[piece.len()..];
            }
            rows.push(Line::from(" ".repeat(indent.min(room))));
            left = room - indent.min(room);
        }
    }
    rows
}

fn push(rows: &mut [Line<'static>], piece: &str, style: Style) {
    if let Some(row) = rows.last_mut() {
        row.push_span(Span::styled(piece.to_owned(), style));
    }
}

/// A call in at most so many rows: where it is too long, the end of its arguments is missing, never its result.
pub(super) fn wrap_call(call: &str, result: &str, room: usize, rows: usize) -> Vec<String> {
    let whole = wrap(&format!("{call}{result}"), room);
    if whole.len() <= rows {
        return whole;
    }
    let mut head = beginning(call, room * rows).to_owned();
    loop {
        let wrapped = wrap(&format!("{head}…{result}"), room);
        if wrapped.len() <= rows || head.pop().is_none() {
            return wrapped.into_iter().take(rows).collect();
        }
    }
}
