//! What is said where there is no sandbox.

use jail::{Tier, possible, refusals};

use labs::words;
use labs::words::{Lang, Words};

/// Says why nothing is graded in tier none unless one is told to.
#[must_use]
pub fn refusal() -> Words {
    let asks = words!(
        "격리할 수 없어서 채점하지 않아요. 제출물이 여러분의 권한으로 컴파일되고 실행되므로, Makefile 한 줄로도 여러분의 파일을 읽고 바꿀 수 있어요. 믿을 수 있는 제출물(직접 작성한 프로그램)이면 --unsafe를 붙이세요.",
        "no sandbox, so nothing is graded: what was handed in would be built and run with your own rights, and a line in a Makefile reads and writes your files. If you trust it (your own program), say --unsafe."
    );
    joined(&[asks, why_none()])
}

/// Says what tier none lacks, why it is that one, and what to type for a better one.
#[must_use]
pub fn why_none() -> Words {
    let mut lines = vec![words!(
        "격리하지 않는 단계(none)예요. 제출물 전용 네트워크와 /etc가 없어서, 1024보다 작은 포트나 전용 /etc가 필요한 검사는 할 수 없어요.",
        "This is tier none, without a sandbox: no network and no /etc of the submission's own, so that checks which need ports below 1024 or such an /etc can't be done."
    )];
    let Err(refused) = possible(Tier::Full) else {
        lines.push(words!(
            "이 컴퓨터에서는 격리할 수 있어요. --tier none을 빼세요.",
            "This machine can have a sandbox: leave out --tier none."
        ));
        return joined(&lines);
    };
    lines.extend(refusals().map(|(name, value, remedy)| {
        words!(
            "커널이 격리를 허용하지 않아요({name} = {value}). 다음 부팅까지 허용하려면: sudo sysctl {name}={remedy}",
            "The kernel refuses one because {name} is {value}. To allow it until the next boot: sudo sysctl {name}={remedy}"
        )
    }));
    if lines.len() == 1 {
        lines.push(words!(
            "허용되지 않은 것: {refused}. 컨테이너 안이라면 컨테이너를 --privileged로 시작하세요.",
            "What was refused: {refused}. In a container, start the container with --privileged."
        ));
    }
    joined(&lines)
}

/// One below the other.
fn joined(lines: &[Words]) -> Words {
    let join = |lang| lines.iter().map(|line| line.in_lang(lang)).collect::<Vec<_>>().join("\n");
    Words { ko: join(Lang::Ko), en: join(Lang::En) }
}
