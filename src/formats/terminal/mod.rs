//! Console logs: whatever pytest wrote on a terminal, a pipe or into a CI system's log, read back into sessions.
//!
//! Two steps. [`scan`] goes through the log once, line by line, and keeps the *evidence* of each session: result lines,
//! progress characters, headings with the text below them, the last line. [`assemble`] then weighs the evidence of one session,
//! when all of it is there: which heading was printed by pytest and which by a test, which failure text belongs to which
//! test, which lines are attempts of one test. What the log does not say stays unknown.
//!
//! The reference for what pytest writes is pytest's own source (`_pytest/terminal.py` and friends, 2.9 to 9.2).

mod ansi;
mod assemble;
mod assign;
mod attempts;
mod blocks;
mod evidence;
mod header;
mod headings;
mod last_line;
mod lines;
mod plain_line;
mod prefix;
mod progress_line;
mod read;
mod reporters;
mod result_line;
mod scan;
mod separator;
mod summary;
mod surroundings;
mod tail;
mod titles;
mod warnings;
mod words;

pub(crate) use read::read;
