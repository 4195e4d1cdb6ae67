//! From evidence to runs.

use super::evidence::{Evidence, Likeness};
use crate::model::Format;

/// The formats by how much they tell of a run.
const RANKED: [Format; 5] = [Format::ReportLog, Format::JsonReport, Format::JunitXml, Format::Ctrf, Format::Terminal];

/// The files of one run, by index.
type Run = Vec<usize>;

/// Returns the files that are provably of one run, run by run; files of no other's run are runs of their own.
///
/// A run has one file of each format. Where two files of a format could be of the same run, and nothing tells which, neither is joined.
pub(super) fn same_run(files: &[Evidence]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for format in RANKED.map(Some) {
        let mut waiting: Vec<usize> = (0..files.len()).filter(|index| files[*index].format() == format).collect();
        let earlier = runs.len();
        for wanted in [Likeness::SameName, Likeness::SameTime, Likeness::ManyTests, Likeness::SameTests] {
            join_unique(files, &mut runs[..earlier], &mut waiting, wanted);
        }
        runs.extend(waiting.into_iter().map(|index| vec![index]));
    }
    runs.extend((0..files.len()).filter(|index| files[*index].format().is_none()).map(|index| vec![index]));
    sorted(runs)
}

/// Joins each waiting file with the one run that it is like, where it is also the only one that is like that run.
fn join_unique(files: &[Evidence], runs: &mut [Run], waiting: &mut Vec<usize>, wanted: Likeness) {
    let is_like = |run: &Run, file: usize| {
        let lacks = run.iter().all(|member| files[*member].format() != files[file].format());
        let mut likeness = run.iter().map(|member| files[*member].likeness(&files[file]));
        // None of them may speak against it, and one must speak for it as much as is wanted.
        lacks
            && likeness.clone().all(|likeness| likeness.is_some())
            && likeness.any(|likeness| likeness >= Some(wanted))
    };
    let pairs: Vec<(usize, usize)> = waiting
        .iter()
        .flat_map(|file| runs.iter().enumerate().filter(|(_, run)| is_like(run, *file)).map(|(run, _)| (*file, run)))
        .collect();
    for (file, run) in &pairs {
        let alone = pairs.iter().filter(|(other, of)| other == file || of == run).count() == 1;
        if alone && let Some(run) = runs.get_mut(*run) {
            run.push(*file);
            waiting.retain(|waiting| waiting != file);
        }
    }
}

/// Returns the parts of what the user calls one run, each with the files that show the same part: one part where no format comes twice, else
/// as many as there are files of the most frequent format.
pub(super) fn one_run(files: &[Evidence]) -> Vec<Run> {
    let count = |format: &Format| files.iter().filter(|file| file.format() == Some(*format)).count();
    let most = RANKED.iter().map(count).max().unwrap_or_default();
    if most <= 1 {
        return vec![(0..files.len()).collect()];
    }
    let Some(main) = RANKED.into_iter().find(|format| count(format) == most) else { return same_run(files) };
    let (mut parts, others): (Vec<Run>, Vec<Run>) =
        same_run(files).into_iter().partition(|run| run.iter().any(|file| files[*file].format() == Some(main)));
    let mut apart = Vec::new();
    for file in others.into_iter().flatten() {
        match closest(files, &parts, file).and_then(|at| parts.get_mut(at)) {
            Some(part) => part.push(file),
            None => apart.push(vec![file]),
        }
    }
    parts.extend(apart);
    sorted(parts)
}

/// Returns the part that shares most tests with a file, else the one that is named like it; none where two are as close.
fn closest(files: &[Evidence], parts: &[Run], file: usize) -> Option<usize> {
    let open = || {
        let lacks = |run: &Run| run.iter().all(|member| files[*member].format() != files[file].format());
        parts.iter().enumerate().filter(move |(_, run)| lacks(run))
    };
    let common = |run: &Run| run.iter().map(|member| files[*member].common(&files[file])).max().unwrap_or_default();
    let most = open().map(|(_, run)| common(run)).max().unwrap_or_default();
    let named = |run: &Run| run.iter().any(|member| files[*member].is_named_like(&files[file]));
    let one = |found: Vec<usize>| if let [only] = found[..] { Some(only) } else { None };
    let by_tests = || one(open().filter(|(_, run)| common(run) == most).map(|(at, _)| at).collect());
    let by_name = || one(open().filter(|(_, run)| named(run)).map(|(at, _)| at).collect());
    if most > 0 { by_tests().or_else(by_name) } else { by_name() }
}

/// In the order of the files.
fn sorted(mut runs: Vec<Run>) -> Vec<Run> {
    runs.iter_mut().for_each(|run| run.sort_unstable());
    runs.sort();
    runs
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{Outcome, Source, TestResult, TestSession, Totals};

    /// A file `name` of a run of so many tests of a suite, that took so many seconds.
    fn file(name: &str, format: Format, suite: &str, tests: usize, seconds: Option<u64>) -> Evidence {
        let named = if format == Format::Terminal { 0 } else { tests };
        let session = TestSession {
            source: vec![Source { format, path: None, sha256: None, bytes: None }],
            session_duration: seconds.map(Duration::from_secs),
            totals: Some(Totals::from_iter([("passed", tests as u64)])),
            test_results: (0..named)
                .map(|number| TestResult::new(format!("{suite}.py::test_{suite}_{number}"), Outcome::Passed))
                .collect(),
            ..TestSession::default()
        };
        Evidence::of(name, &[session])
    }

    #[test]
    fn files_are_joined_where_all_speaks_for_it_and_only_there() {
        use Format::{JsonReport, JunitXml, Terminal};
        let rows = [
            // One run in three formats.
            (
                vec![
                    file("out.xml", JunitXml, "a", 5, Some(9)),
                    file("r.json", JsonReport, "a", 5, Some(9)),
                    file("log", Terminal, "a", 5, Some(9)),
                ],
                vec![vec![0, 1, 2]],
            ),
            // Other tests, other counts, other durations.
            (
                vec![file("x.xml", JunitXml, "a", 5, Some(9)), file("x.json", JsonReport, "b", 5, Some(9))],
                vec![vec![0], vec![1]],
            ),
            (
                vec![file("x.xml", JunitXml, "a", 5, Some(9)), file("x.log", Terminal, "a", 6, Some(9))],
                vec![vec![0], vec![1]],
            ),
            (
                vec![file("x.xml", JunitXml, "a", 5, Some(9)), file("x.json", JsonReport, "a", 5, Some(90))],
                vec![vec![0], vec![1]],
            ),
            // No time: equal tests are enough, equal counts are not, unless the name says so too.
            (vec![file("x.xml", JunitXml, "a", 5, None), file("y.json", JsonReport, "a", 5, None)], vec![vec![0, 1]]),
            (
                vec![file("x.xml", JunitXml, "a", 5, None), file("y.log", Terminal, "a", 5, None)],
                vec![vec![0], vec![1]],
            ),
            (vec![file("x.xml", JunitXml, "a", 5, None), file("x.log", Terminal, "a", 5, None)], vec![vec![0, 1]]),
            // Two runs of the same tests: the names tell which log is whose, or nothing does.
            (
                vec![
                    file("1.log", Terminal, "a", 5, Some(9)),
                    file("1.xml", JunitXml, "a", 5, Some(9)),
                    file("2.log", Terminal, "a", 5, Some(9)),
                    file("2.xml", JunitXml, "a", 5, Some(9)),
                ],
                vec![vec![0, 1], vec![2, 3]],
            ),
            (
                vec![
                    file("1.xml", JunitXml, "a", 5, Some(9)),
                    file("2.xml", JunitXml, "a", 5, Some(9)),
                    file("log", Terminal, "a", 5, Some(9)),
                ],
                vec![vec![0], vec![1], vec![2]],
            ),
            // Of two logs, the duration tells.
            (
                vec![
                    file("a.log", Terminal, "a", 5, Some(9)),
                    file("b.log", Terminal, "a", 5, Some(99)),
                    file("x.xml", JunitXml, "a", 5, Some(98)),
                ],
                vec![vec![0], vec![1, 2]],
            ),
            // One format only: never one run.
            (
                vec![file("x.xml", JunitXml, "a", 5, Some(9)), file("x.b.xml", JunitXml, "a", 5, Some(9))],
                vec![vec![0], vec![1]],
            ),
        ];
        for (at, (files, expected)) in rows.into_iter().enumerate() {
            assert_eq!(same_run(&files), expected, "row {at}");
        }
    }

    #[test]
    fn what_the_user_calls_one_run_has_a_part_for_each_shard() {
        use Format::{JunitXml, Terminal};
        let shards = [
            file("1.log", Terminal, "a", 5, Some(9)),
            file("1.xml", JunitXml, "a", 5, Some(9)),
            file("2.log", Terminal, "b", 7, Some(50)),
            file("2.xml", JunitXml, "b", 7, Some(50)),
        ];
        assert_eq!(one_run(&shards), [[0, 1], [2, 3]]);
        let formats = [file("x.xml", JunitXml, "a", 5, Some(9)), file("y.log", Terminal, "a", 9, Some(99))];
        assert_eq!(one_run(&formats), [[0, 1]]);
    }
}
