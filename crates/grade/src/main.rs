//! grade
use std::process::ExitCode;
fn main() -> ExitCode {
    if let Some(code) = grade::sandbox::dispatch() {
        return code.into();
    }
    let args: Vec<String> = std::env::args().collect();
    let lab = grade::labs::find(&args[1]).unwrap();
    let tier = grade::sandbox::best_tier();
    let seed = args.get(3).and_then(|s| s.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    let report = grade::judge::grade(
        lab,
        args[2].as_ref(),
        &grade::judge::Options { seed, tier, lang: grade::words::Lang::of_locale() },
    );
    for c in &report.checks {
        println!(
            "{:?} {} {}/{} {}ms {}\n{}\n{}",
            c.status, c.id, c.score, c.points, c.duration_ms, c.title, c.message, c.hint
        );
    }
    println!(
        "{} {:?} {:?} {}ms {}\n{}",
        report.error, report.score, report.notes, report.duration_ms, report.seed, report.build_log
    );
    report.exit_status().into()
}
