//! One pass over the lines of a log (or of one of its streams): where sessions begin and end, and what each leaves as evidence.
//!
//! | area | what lines may do | file |
//! |---|---|---|
//! | outside | begin a session: a header, or any line that only a running session prints | `around.rs` |
//! | results | state results, open a test, hold what a test printed, begin the sections | `results.rs`, `open_test.rs`, `progress.rs`, `broken_phases.rs` |
//! | sections | begin another section or block, be its text, be the last line | `sections.rs` |
//! | after | show that the last line was a printed one, tell the exit status, begin the next session | `around.rs` |

mod around;
mod broken_phases;
mod collected_files;
mod last_lines;
mod open_test;
mod progress;
mod results;
mod scanner;
mod sections;

pub(super) use scanner::{Line, Scanner};
