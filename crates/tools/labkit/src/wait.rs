//! Waiting: for what can be seen, and not for ever.

use std::io;
use std::time::Duration;

/// How long anything that should happen at once may take before it counts as never. Long, so that a loaded machine
/// fails no test; nothing waits for it when all is well.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// The same for whoever does many such things one after another, as a tool does. On a loaded machine it takes minutes.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// Looks again and again until `observe` sees it; an error that names `what` after [`DEADLINE`].
pub fn until<T>(what: &str, observe: impl FnMut() -> io::Result<Option<T>>) -> io::Result<T> {
    until_within(DEADLINE, what, observe)
}

/// As [`until`], with another deadline. What counts are the pauses between the looks, as long as they were meant to be:
/// a machine that stands still, or lets nobody have his turn, has not used up anybody's time.
pub fn until_within<T>(
    deadline: Duration,
    what: &str,
    mut observe: impl FnMut() -> io::Result<Option<T>>,
) -> io::Result<T> {
    let mut waited = Duration::ZERO;
    loop {
        if let Some(seen) = observe()? {
            return Ok(seen);
        }
        if waited > deadline {
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("{what}: not within {deadline:?}")));
        }
        // Not to wait for something, only to leave the processor to what is being observed. What takes long is looked at
        // less often.
        let pause = (waited / 8).clamp(Duration::from_millis(1), Duration::from_millis(20));
        std::thread::sleep(pause);
        waited += pause;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_in_which_nobody_looks_does_not_count() {
        let mut looks = 0;
        let seen = until_within(Duration::from_millis(50), "the fifth look", || {
            looks += 1;
            std::thread::sleep(Duration::from_millis(50)); // the machine is busy with others
            Ok((looks == 5).then_some(looks))
        });
        assert_eq!(seen.unwrap(), 5);
    }

    #[test]
    fn what_never_happens_is_an_error_that_names_it() {
        let never = until_within(Duration::from_millis(10), "a miracle", || Ok(None::<()>));
        assert_eq!(never.map_err(|error| error.to_string()), Err("a miracle: not within 10ms".into()));
    }
}
