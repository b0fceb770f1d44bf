//! Pictures that no trace is needed for: bytes in memory, a socket address, and ladders that a page draws itself.

use std::net::{Ipv4Addr, SocketAddrV4};

use anyhow::{Context as _, Result, bail, ensure};
use labs::words::Lang;
use maud::{Markup, html};
use nix::sys::socket::SockaddrIn;
use stepper::ladder::{Arrow, Rung};

use crate::ladder;

/// `0xC3E2`: how a 16-bit or 32-bit number lies in memory, little-endian and big-endian.
pub(crate) fn bytes(arguments: &str, language: Lang) -> Result<Markup> {
    let digits = arguments.strip_prefix("0x").context("a number such as 0xC3E2")?;
    ensure!(matches!(digits.len(), 4 | 8), "four or eight hexadecimal digits");
    let number = u32::from_str_radix(digits, 16)?;
    let big: Vec<u8> = number.to_be_bytes()[4 - digits.len() / 2..].to_vec();
    let little: Vec<u8> = big.iter().rev().copied().collect();
    let orders = [
        ("little-endian (x86, ARM)", little),
        (language.of("big-endian = 네트워크 바이트 순서", "big-endian = network byte order"), big.clone()),
    ];
    let (cell, row, left) = (64, 108, 4);
    let width = left + big.len() * cell + left;
    let (width, height) = (width.max(268), 2 * row - 10);
    Ok(html! {
        figure class="picture bytes" {
            div class="scroll" tabindex="0" {
                svg class="memory" viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) role="img"
                    aria-label=(format!("{arguments} = {number}")) {
                    @for (r, (endian, bytes)) in orders.iter().enumerate() {
                        @let y = r * row + 46;
                        text class="endian" x=(left) y=(y - 28) { (endian) }
                        @for (i, byte) in bytes.iter().enumerate() {
                            // The same byte has the same colour in both orders.
                            @let place = if r == 0 { bytes.len() - 1 - i } else { i };
                            g class={ "byte b" (place % 4) } {
                                text class="address" x=(left + i * cell + cell / 2) y=(y - 6) text-anchor="middle" { "+" (i) }
                                rect x=(left + i * cell) y=(y) width=(cell) height=(cell - 16) {}
                                text class="value" x=(left + i * cell + cell / 2) y=(y + 31) text-anchor="middle" { (format!("{byte:02X}")) }
                            }
                        }
                    }
                }
            }
            figcaption {
                (language.of(
                    format!("{arguments} = {number}. +0, +1, …은 메모리 주소의 차이(오프셋)예요. 같은 바이트는 같은 색이에요."),
                    format!("{arguments} = {number}. +0, +1, … are offsets in memory. The same byte has the same colour."),
                ))
            }
        }
    })
}

/// `210.115.36.231 50146`: the 16 bytes of that address, as they lie in this machine's memory, and the names that
/// `sockaddr_in` and `sockaddr` give them.
pub(crate) fn sockaddr(arguments: &str, language: Lang) -> Result<Markup> {
    let (ip, port) = arguments.split_once(' ').context("an address and a port, such as 127.0.0.1 7")?;
    let (ip, port): (Ipv4Addr, u16) = (ip.parse()?, port.parse()?);
    let addr = SockaddrIn::from(SocketAddrV4::new(ip, port));
    let addr = addr.as_ref();
    let mut bytes = addr.sin_family.to_ne_bytes().to_vec();
    bytes.extend(addr.sin_port.to_ne_bytes());
    bytes.extend(addr.sin_addr.s_addr.to_ne_bytes());
    bytes.extend(addr.sin_zero);

    // Where each begins and how long it is, its name, what is in it.
    let zero = language.of("0으로 채움", "filled with zeros");
    let fields = [
        (0, 2, "sin_family", "AF_INET".to_string()),
        (2, 2, "sin_port", port.to_string()),
        (4, 4, "sin_addr", ip.to_string()),
        (8, 8, "sin_zero[8]", zero.to_string()),
    ];
    let whole = language.of("주소 체계에 따라 다름", "depends on the address family");
    let generic = [(0, 2, "sa_family", String::new()), (2, 14, "sa_data[14]", whole.to_string())];
    let structs = [("struct sockaddr_in", &fields[..]), ("struct sockaddr", &generic[..])];
    let (cell, top) = (46, 24);
    let (width, height) = (16 * cell + 8, top + 40 + 2 * 80);
    Ok(html! {
        figure class="picture sockaddr" {
            div class="scroll" tabindex="0" {
                svg class="memory" viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) role="img"
                    aria-label={ "sockaddr_in: " (ip) ":" (port) } {
                    @for (i, byte) in bytes.iter().enumerate() {
                        @let colour = fields.iter().position(|(at, size, ..)| (*at..at + size).contains(&i)).unwrap_or(0);
                        g class={ "byte b" (colour) } {
                            text class="address" x=(4 + i * cell + cell / 2) y=(top - 8) text-anchor="middle" { "+" (i) }
                            rect x=(4 + i * cell) y=(top) width=(cell) height="40" {}
                            text class="value" x=(4 + i * cell + cell / 2) y=(top + 26) text-anchor="middle" { (format!("{byte:02X}")) }
                        }
                    }
                    @for (row, (name, fields)) in structs.iter().enumerate() {
                        @let y = top + 40 + row * 80;
                        text class="endian" x="4" y=(y + 24) { (name) }
                        @for (at, size, field, value) in *fields {
                            @let middle = 4 + at * cell + size * cell / 2;
                            rect class="field" x=(4 + at * cell) y=(y + 34) width=(size * cell) height="42" {}
                            text class="name" x=(middle) y=(y + if value.is_empty() { 60 } else { 52 }) text-anchor="middle" { (field) }
                            text class="holds" x=(middle) y=(y + 68) text-anchor="middle" { (value) }
                        }
                    }
                }
            }
        }
    })
}

/// A ladder that a page draws itself: in the first line the two names, then a rung a line.
///
/// ```text
/// client | | server
/// connect() | ⇄ SYN, SYN+ACK, ACK |
/// send() | → "request" |
/// | ← "answer" | send()
/// ```
pub(crate) fn drawn_ladder(lines: &[String]) -> Result<Markup> {
    let parts = |line: &String| -> Result<[String; 3]> {
        let parts: Vec<String> = line.split('|').map(|part| part.trim().to_string()).collect();
        parts.try_into().map_err(|_| anyhow::anyhow!("`{line}`: left | between | right"))
    };
    let (first, rest) = lines.split_first().context("a line with the names on the left and on the right")?;
    let [left, between, right] = parts(first)?;
    ensure!(between.is_empty() && !left.is_empty() && !right.is_empty(), "`{first}`: left | | right");
    let mut rungs = Vec::new();
    for line in rest {
        let [client, wire, server] = parts(line)?;
        ensure!(client.is_empty() != server.is_empty(), "`{line}`: either on the left or on the right");
        let arrow = |right, what: &str| Arrow { right, what: what.into() };
        let wire = match wire.split_once(' ') {
            None if wire.is_empty() => Vec::new(),
            Some(("→", what)) => vec![arrow(true, what)],
            Some(("←", what)) => vec![arrow(false, what)],
            Some(("⇄", what)) => {
                what.split(", ").enumerate().map(|(i, what)| arrow(i % 2 == 0, what)).collect()
            }
            _ => bail!("`{wire}`: → what, ← what or ⇄ what"),
        };
        rungs.push(Rung { client, wire, server });
    }
    let label = format!("{left}, {right}");
    Ok(html! {
        figure class="picture" {
            div class="scroll" tabindex="0" { (ladder::svg(&rungs, [&left, &right], &label)) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_drawn_as_it_lies_in_memory() {
        let drawn = sockaddr("210.115.36.231 50146", Lang::En).unwrap().into_string();
        let bytes: Vec<&str> =
            drawn.split("class=\"value\"").skip(1).filter_map(|text| text.split(['>', '<']).nth(1)).collect();
        let family = if cfg!(target_endian = "little") { "02 00" } else { "00 02" };
        assert_eq!(bytes.join(" "), format!("{family} C3 E2 D2 73 24 E7 00 00 00 00 00 00 00 00"));
        for wrong in ["210.115.36.231", "210.115.36.231 70000", "210.115.36 7"] {
            assert!(sockaddr(wrong, Lang::En).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_ladder_that_cannot_be_drawn_is_an_error() {
        let draw = |text: &str| drawn_ladder(&text.lines().map(String::from).collect::<Vec<_>>());
        assert!(draw("a | | b\nsend() | → \"x\" |\n| | recv()").is_ok());
        for wrong in
            ["", "a | b", "a | x | b", "a | | b\nboth | | both", "a | | b\n| |", "a | | b\nsend() | -> x |"]
        {
            assert!(draw(wrong).is_err(), "{wrong}");
        }
    }
}
