//! What a line pattern may emit, and which captures go with it.

use super::vocabulary::named;

named! {
    /// What a matched line says. The reader knows what to do with each; a grammar only chooses.
    Emits {
        /// `platform linux -- Python 3.11.7, pytest-9.2.0, ...`
        Platform = "platform",
        /// `rootdir: /work`
        Rootdir = "rootdir",
        /// `configfile: pytest.ini`
        Configfile = "configfile",
        /// `plugins: xdist-3.8.0, cov-7.0.0`
        Plugins = "plugins",
        /// `Using --randomly-seed=123`
        Seed = "seed",
        /// A header line that carries a fact for which there is no field.
        HeaderFact = "header-fact",
        /// `collected 31 items / 2 deselected`
        Collected = "collected",
        /// `collecting ... `, not yet with a number that counts.
        Collecting = "collecting",
        /// A line about the choice of tests, such as `run-last-failure: ...`.
        Selection = "selection",
        /// `2 workers [31 items]`
        Workers = "workers",
        /// `tests/test_a.py::test_x PASSED [ 50%]`
        VerboseResult = "verbose-result",
        /// `tests/test_a.py::test_x SKIPPED (a long`, the reason goes on over the next lines.
        VerboseWrapped = "verbose-wrapped",
        /// `[gw0] [ 50%] PASSED tests/test_a.py::test_x `
        WorkerResult = "worker-result",
        /// `tests/test_a.py::test_x `, the word is still to come.
        TestOpened = "test-opened",
        /// The word of an opened test, alone on its line.
        WordAlone = "word-alone",
        /// `tests/test_a.py ..F. [ 50%]`
        Progress = "progress",
        /// A heading in the result area under which results stand, such as a file or a feature.
        ResultGroup = "result-group",
        /// A line of the result area that is the reporter's and says nothing about an outcome.
        ResultNote = "result-note",
        /// `FAILED tests/test_a.py::test_x - message`
        SummaryEntry = "summary-entry",
        /// `SKIPPED [2] tests/test_a.py:12: reason`
        SummarySkip = "summary-skip",
        /// A reason on the line after its entry (pytest up to 7.1).
        SummaryReason = "summary-reason",
        /// `0.12s call     tests/test_a.py::test_x`
        Duration = "duration",
        /// `(3 durations < 0.005s hidden.)`
        DurationsHidden = "durations-hidden",
        /// A place of a warning, above its text.
        WarningLocation = "warning-location",
        /// `-- Docs: https://docs.pytest.org/...`
        WarningDocs = "warning-docs",
        /// `1 failed, 30 passed in 0.50s`, without the fill.
        LastLine = "last-line",
        /// The heading of counts that stand on lines of their own, such as `Results (0.27s):`.
        CountsStart = "counts-start",
        /// One such count: `      12 passed`
        Count = "count",
        /// Whether all went well, in a word.
        Verdict = "verdict",
        /// The place of a failed test below a count.
        FailedPlace = "failed-place",
        /// The start of a session whose reporter prints no `test session starts` separator.
        SessionStart = "session-start",
        /// `INTERNALERROR> ...`
        InternalError = "internal-error",
        /// `ERROR: usage: ...`, `ERROR: file or directory not found: x`
        UsageError = "usage-error",
        /// `ImportError while loading conftest '...'.`
        ConftestError = "conftest-error",
        /// `[gw1] node down: Not properly terminated`
        WorkerCrash = "worker-crash",
        /// `replacing crashed worker gw1`
        WorkerReplaced = "worker-replaced",
        /// `Fatal Python error: Segmentation fault`
        FatalError = "fatal-error",
        /// `/work/tests/test_a.py:10: KeyboardInterrupt`
        InterruptPlace = "interrupt-place",
        /// One attempt of a repeated test, as a retry plugin reports it.
        Attempt = "attempt",
        /// An environment of tox, a session of nox, a job or a step begins.
        EnvironmentStart = "environment-start",
        /// It ended.
        EnvironmentEnd = "environment-end",
        /// A command that a tool runs.
        Command = "command",
        /// A group, step or stage of a CI system.
        Group = "group",
        /// The exit status of the tests' process, as a CI system prints it.
        ExitCode = "exit-code",
        /// The process was killed by a signal.
        Killed = "killed",
        /// The log itself was cut, and says so.
        LogCut = "log-cut",
        /// `1..31`
        TapPlan = "tap-plan",
        /// `ok 1 tests/test_a.py::test_x # SKIP reason`
        TapResult = "tap-result",
        /// `# ...` below a result of TAP.
        TapNote = "tap-note",
        /// `##teamcity[testStarted ...]`
        Teamcity = "teamcity",
        /// `::error file=tests/a.py,line=3::message`
        Annotation = "annotation",
        /// A line that is known and means nothing.
        Ignored = "ignored",
    }
}

/// The captures of one kind of line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmitsCaptures {
    /// The captures that every pattern with this `emits` must have.
    pub required: &'static [&'static str],
    /// The captures that it may have.
    pub optional: &'static [&'static str],
}

impl Emits {
    /// Returns which captures a pattern must and may have.
    pub fn captures(self) -> EmitsCaptures {
        let (required, optional): (&'static [&'static str], &'static [&'static str]) = match self {
            Emits::Platform => (&["python"], &["platform", "pytest", "implementation", "pluggy", "executable"]),
            Emits::Rootdir => (&["rootdir"], &["configfile", "testpaths"]),
            Emits::Configfile => (&["configfile"], &[]),
            Emits::Plugins => (&["plugins"], &[]),
            Emits::Seed => (&["seed"], &[]),
            Emits::HeaderFact => (&["name"], &["value"]),
            Emits::Collected => (&["collected"], &["errors", "deselected", "skipped", "selected"]),
            Emits::Collecting => (&[], &["count"]),
            Emits::Selection => (&[], &["text", "ids"]),
            Emits::Workers => (&["workers"], &["items", "created"]),
            Emits::VerboseResult => {
                (&["word"], &["nodeid", "name", "inherited", "detail", "reason", "percent", "count", "total", "time"])
            }
            Emits::VerboseWrapped => (&["nodeid", "word", "reason"], &["inherited"]),
            Emits::WorkerResult => (&["worker", "word", "nodeid"], &["percent", "count", "total", "detail"]),
            Emits::TestOpened => (&["nodeid"], &["inherited"]),
            Emits::WordAlone => (&["word"], &["before", "detail", "reason", "percent", "count", "total", "time"]),
            Emits::Progress => (&["letters"], &["path", "percent", "count", "total", "time", "more"]),
            Emits::ResultGroup => (&[], &["path", "name", "word"]),
            Emits::ResultNote => (&[], &["text", "nodeid", "worker"]),
            Emits::SummaryEntry => (&["word", "nodeid"], &["detail", "when", "time", "message"]),
            Emits::SummarySkip => (&["word", "count", "path"], &["detail", "line", "reason"]),
            Emits::SummaryReason => (&["reason"], &[]),
            Emits::Duration => (&["seconds", "nodeid"], &["phase"]),
            Emits::DurationsHidden => (&[], &["count", "minimum"]),
            Emits::WarningLocation => (&[], &["nodeid", "path", "line", "count", "text"]),
            Emits::WarningDocs => (&[], &[]),
            Emits::LastLine => (&["counts"], &["seconds", "days", "clock"]),
            Emits::CountsStart => (&[], &["seconds", "clock"]),
            Emits::Count => (&["count", "name"], &[]),
            Emits::Verdict => (&["text"], &[]),
            Emits::FailedPlace => (&[], &["path", "line", "name", "nodeid", "message", "word"]),
            Emits::SessionStart => (&[], &["platform", "python", "pytest", "count", "items"]),
            Emits::InternalError => (&["text"], &[]),
            Emits::UsageError => (&["text"], &[]),
            Emits::ConftestError => (&["path"], &[]),
            Emits::WorkerCrash => (&["worker"], &["text", "nodeid"]),
            Emits::WorkerReplaced => (&["worker"], &[]),
            Emits::FatalError => (&["text"], &["before"]),
            Emits::InterruptPlace => (&["path", "line"], &["text"]),
            Emits::Attempt => (&["name"], &["attempt", "word", "attempts", "remaining"]),
            Emits::EnvironmentStart => (&["name"], &["command"]),
            Emits::EnvironmentEnd => (&["name"], &["status", "exit_status", "seconds"]),
            Emits::Command => (&["command"], &["name"]),
            Emits::Group => (&["name"], &[]),
            Emits::ExitCode => (&["exit_status"], &["name"]),
            Emits::Killed => (&["signal"], &["name", "nodeid"]),
            Emits::LogCut => (&[], &["text"]),
            Emits::TapPlan => (&["count"], &[]),
            Emits::TapResult => (&["word", "name"], &["number", "directive", "reason"]),
            Emits::TapNote => (&["text"], &[]),
            Emits::Teamcity => (&["message"], &["attributes", "before", "after"]),
            Emits::Annotation => (&["level"], &["path", "line", "message", "before", "after"]),
            Emits::Ignored => (&[], &["text"]),
        };
        EmitsCaptures { required, optional }
    }
}
