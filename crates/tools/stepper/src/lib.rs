//! Records both ends of a conversation one system call at a time, and shows it.

pub mod choice;
mod console;
pub mod decode;
pub mod html;
mod kernel;
pub mod ladder;
pub mod lang;
pub mod lines;
mod network;
pub mod normal;
pub mod pcapng;
pub mod recording;
pub mod scenes;
pub mod screen;
pub mod stage;
pub mod titles;
mod tracee;
mod wait;
pub mod wire;
