#!/usr/bin/env bash
# Gradescope runs this once, as root and with a network, while it builds the image; grading needs no network.
# https://gradescope-autograders.readthedocs.io/en/latest/specs/
set -euo pipefail
LAB=tcp_echoserv # scripts/gradescope-bundle writes which

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends ca-certificates curl >/dev/null # for what installs Rust
bash /autograder/source/scripts/setup >/dev/null

# Rust and what is built stand in /opt, where the sandbox has them: where there are no namespaces, a submission is another
# user's who may read /usr and /opt, and nothing in /autograder.
export CARGO_HOME=/opt/cargo RUSTUP_HOME=/opt/rustup CARGO_TARGET_DIR=/opt/grade
if [ ! -e /opt/rust ]; then
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
        sh -s -- -y --quiet --no-modify-path --profile minimal --default-toolchain stable
    ln -s "$(/opt/cargo/bin/rustc --print sysroot)" /opt/rust
fi
export PATH=/opt/rust/bin:$PATH

cd /autograder/source
cargo build --quiet --locked --release -p grade
cargo build --quiet --locked --profile=observed -p sockcommon --target-dir /opt/grade/kit
ln -sfn /opt/grade/kit/observed /opt/kit
chmod -R a+rX /opt
chmod -R go-rwx /autograder/source
/opt/grade/release/grade labs "$LAB"
