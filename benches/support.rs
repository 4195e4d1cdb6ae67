//! Two ways over the same bytes, side by side.

use std::hint::black_box;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use insight::formats::{ReadOptions, read};
use insight::model::Format;

/// How many times each is run; the fastest counts.
const ROUNDS: usize = 9;

/// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Prints how fast `yardstick`, which is called `word`, goes over `bytes`, how fast these become sessions, and the ratio. The yardstick returns
/// how much it found, so that nothing of it is left out.
pub(crate) fn compare(
    out: &mut impl Write,
    name: &str,
    bytes: &[u8],
    format: Format,
    (word, yardstick): (&str, impl Fn() -> usize),
) -> io::Result<()> {
    let (mut least, mut ours) = (Duration::MAX, Duration::MAX);
    let mut results = 0;
    for _ in 0..ROUNDS {
        least = least.min(time(&yardstick));
        ours = ours.min(time(|| {
            let parsed = read(bytes, format, &ReadOptions::default());
            results = parsed.value.iter().map(|session| session.test_results.len()).sum();
            results
        }));
    }
    let megabytes = bytes.len() as f64 / 1e6;
    let (least, ours) = (megabytes / least.as_secs_f64(), megabytes / ours.as_secs_f64());
    let ratio = ours / least;
    writeln!(
        out,
        "{name}: {megabytes:.1} MB, {results} results; {word} {least:.0} MB/s, sessions {ours:.0} MB/s, ratio {ratio:.3}"
    )
}

fn time(run: impl FnOnce() -> usize) -> Duration {
    let start = Instant::now();
    black_box(run());
    start.elapsed()
}
