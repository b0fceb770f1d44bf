//! Plays the hand-written conversation.
#[path = "../tests/screen/replay.rs"]
#[allow(dead_code, clippy::unwrap_used, unreachable_pub)]
mod replay;
fn main() -> std::io::Result<()> {
    let lang = if std::env::args().nth(1).as_deref() == Some("en") {
        stepper::lang::Lang::En
    } else {
        stepper::lang::Lang::Ko
    };
    stepper::screen::run(&mut replay::Replay::of(replay::echo()), lang)
}
