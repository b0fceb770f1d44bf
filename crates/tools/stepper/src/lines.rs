//! stub
use std::path::PathBuf;
use nix::unistd::Pid;
#[derive(Default)]
pub struct Lines;
impl Lines {
    pub fn new() -> Self { Lines }
    pub fn place(&mut self, _: Pid) -> Option<(PathBuf, usize)> { None }
    pub fn has_lines(&mut self, _: Pid) -> bool { false }
}
