//! `stepper`: records both ends of a conversation, one system call at a time.

use std::path::Path;
use stepper::recording::Role;
use stepper::stage::{Player, Stage};

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let mut stage = Stage::new("echo", Path::new("."))?;
    let s = stage.start(&Player { name: "server", role: Role::Server, path: Path::new(&args[1]), args: &["-v".into()] })?;
    while stage.turn(s)? == stepper::stage::Turn::Ready { stage.step(s)?; }
    let c = stage.start(&Player { name: "client", role: Role::Client, path: Path::new(&args[2]), args: &["127.0.0.1".into()] })?;
    stage.type_line(c, b"abcdefg\n")?;
    stage.run()?;
    println!("{}", serde_json::to_string(stage.recording())?);
    for step in &stage.recording().steps {
        eprintln!("{:3} {} {} {:?} {:?}", step.n, step.process, step.text(), step.source, step.printed);
        for s in &step.segments { eprintln!("        {} -> {} {} {}", s.from, s.to, s.flags, s.data); }
    }
    Ok(())
}
