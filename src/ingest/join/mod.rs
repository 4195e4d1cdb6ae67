//! One run in many files: the sessions that its files gave, joined into one.
//!
//! Each fact comes from the file that carries it best, and where two files contradict each other the result says so:
//!
//! | fact | from the first of these that has it |
//! |---|---|
//! | the tests, their outcomes, phases, output and properties | report log, json-report, JUnit, CTRF, console log |
//! | a test's attempts | the file that has most of them, with the last one among them |
//! | a failure text | json-report; the others in the order above; a text that is the same but for the terminal's width and xdist's line: the fuller one |
//! | start, end and duration of the run | json-report, JUnit, CTRF, console log, report log (which only knows of tests) |
//! | totals, sections, anonymous counts | console log; totals otherwise json-report, JUnit, CTRF |
//! | warnings | report log, json-report, console log; with the tests that another names |
//! | ending | the most telling: a crash more than an interruption, that more than an early stop, that more than the end; a cut last |
//! | environment | json-report, console log, the others |
//!
//! Node ids are pytest's own, relative to rootdir: ids that a file had to rebuild, or that the console shows relative to where pytest
//! was started, are fixed by those that other files carry: as the one that pytest writes in the same way, or that has the same classes, name and
//! parameters, or that stands in the same place between others. Beside a console log alone, a report's rebuilt path is fixed by the log's.
//!
//! The joined session is complete if a file that names every test is, since nothing more can be missing then; a console log alone does not name
//! them all, so without such a file every file must be complete.
//!
//! A verdict that a format cannot carry is no contradiction: JUnit and CTRF write an unexpected pass as a pass, and json-report loses
//! failed subtests. A file without a test that others name, and files that look like those of different runs, are named too.

mod align;
mod console;
mod facts;
mod inputs;
mod names;
mod part;
mod results;
mod session;
mod tails;
mod texts;

pub use inputs::join_inputs;
pub use session::join_sessions;
