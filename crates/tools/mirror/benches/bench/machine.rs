//! Whose the processors were while figures were taken: others make them worse, and ratios of them a matter of luck.

use std::fs;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use nix::unistd::{SysconfVar, sysconf};

/// Processor time in microseconds, from some moment on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Time {
    /// What all processors had to give.
    given: i64,
    /// What programs had of it, and the machines beside this one if it is a virtual one.
    taken: i64,
    /// What this program has had, and all that it has started and seen the end of.
    own: i64,
}

impl Time {
    /// Up to now; none where there is no proc(5).
    pub(crate) fn now() -> Option<Self> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
        let ticks: Vec<i64> = fields.map_while(|ticks| ticks.parse().ok()).collect();
        // Interrupts are taken from whoever runs; those of loopback are as much ours as anybody's.
        let [user, nice, system, idle, iowait, irq, softirq, steal, ..] = ticks[..] else { return None };
        let tick = 1_000_000 / sysconf(SysconfVar::CLK_TCK).ok()??;
        let mut own = 0;
        for who in [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN] {
            let usage = getrusage(who).ok()?;
            own += (usage.user_time() + usage.system_time()).num_microseconds();
        }
        Some(Time {
            given: (user + nice + system + idle + iowait + irq + softirq + steal) * tick,
            taken: (user + nice + system + steal) * tick,
            own,
        })
    }

    /// Adds what has passed from `before` to `after`.
    pub(crate) fn add(&mut self, before: Self, after: Self) {
        self.given += after.given - before.given;
        self.taken += after.taken - before.taken;
        self.own += after.own - before.own;
    }

    /// How much of the processors others had, in percent; none if no time has passed.
    pub(crate) fn others(self) -> i64 {
        ((self.taken - self.own) * 100).checked_div(self.given).unwrap_or(0).max(0)
    }
}
