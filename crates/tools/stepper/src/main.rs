//! `stepper`: records both ends of a conversation, one system call at a time.

fn main() {}
