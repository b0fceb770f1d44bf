//! stub
use syscalls::Sysno;
pub fn escape(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|b| std::ascii::escape_default(*b)).map(char::from).collect()
}
pub trait Memory {
    fn read(&self, at: u64, len: usize) -> Vec<u8>;
}
#[derive(Clone, Copy, Debug)]
pub struct Entered {
    pub number: u64,
    pub args: [u64; 6],
}
impl Entered {
    pub fn name(&self) -> String {
        Sysno::new(self.number as usize).map_or("?".into(), |s| s.name().into())
    }
    pub fn args(&self, _: &impl Memory) -> Vec<String> {
        vec![self.args[0].to_string()]
    }
    pub fn finished(&self, m: &impl Memory, result: i64) -> (Vec<String>, String) {
        (self.args(m), result.to_string())
    }
}
