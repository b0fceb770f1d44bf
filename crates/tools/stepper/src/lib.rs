//! Records both ends of a conversation one system call at a time, and shows it.

pub mod decode;
pub mod recording;
