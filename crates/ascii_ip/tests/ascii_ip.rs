#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use labkit::twins;

fn assert_prints(ip: &str, number: &str) {
    let expected = format!(
        "* 입력한 dotted decimal IP 주소 : {ip}\n\ninet_pton({ip}) = 0x{number}\ninet_ntop(0x{number}) = {ip}\n"
    );
    for program in twins(env!("CARGO_BIN_EXE_ascii_ip")).unwrap() {
        let output = program.run([ip], b"").unwrap();
        assert_eq!(output.stdout_text(), expected);
        assert_eq!((output.stderr_text().as_str(), output.code), ("", Some(0)));
    }
}

#[test]
#[cfg(target_endian = "little")]
fn prints_what_the_slide_shows() {
    assert_prints("210.115.36.231", "E72473D2");
}

#[test]
#[cfg(target_endian = "little")]
fn leading_zeros_are_left_out_as_by_the_slides_format() {
    assert_prints("127.0.0.1", "100007F");
    assert_prints("1.0.0.0", "1");
}

#[test]
fn the_two_ends_of_the_address_space() {
    assert_prints("0.0.0.0", "0");
    assert_prints("255.255.255.255", "FFFFFFFF");
}
