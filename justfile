# `just check` before every commit. Without just: `.ci/run` runs the same and more.

# The everyday loop of parser work: no history, a build of about a minute.
default: quick

quick:
    cargo clippy --no-default-features --all-targets -- -D warnings
    cargo test --no-default-features

check:
    .ci/run

# Look at changed snapshots one by one (cargo install cargo-insta).
review:
    cargo insta review

# Where build time goes: target/cargo-timings/cargo-timing.html.
timings:
    cargo build --timings
