//! Tests that begin to fail together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::cohort::Cohort;
use super::fold::{TestKey, fold};
use super::series::{OutcomeSeries, Run, Verdicts};
use super::statistics::{benjamini_hochberg, fisher_exact_greater};
use super::{Columns, Filter, LeftOutReason, Scope, SessionRef, Source, SourceError, TestRef};
use crate::model::Ratio;

/// In how many sessions two tests must have begun to fail together.
const LEAST_TOGETHER: usize = 3;
/// The share of the sessions in which either began to fail that both must have begun in: Jaccard's index.
const LEAST_OVERLAP: f64 = 0.5;
/// The false discovery rate.
const SIGNIFICANT: f64 = 0.05;
/// A session in which more tests than this begin to fail says nothing about which of them belong together.
const MOST_FAILING: usize = 100;

/// Groups of tests that fail together.
#[derive(Debug, Clone, PartialEq)]
pub struct CoFailuresReport {
    /// What the answer rests on.
    pub scope: Scope,
    /// The groups, those that failed together most often first.
    pub groups: Vec<CoFailureGroup>,
}

/// Tests that fail together.
#[derive(Debug, Clone, PartialEq)]
pub struct CoFailureGroup {
    /// The tests, by name; all of one system under test.
    pub tests: Vec<TestRef>,
    /// Sessions in which at least two of them began to fail, of those in which at least one did.
    pub together: Ratio,
    /// The last session in which at least two of them began to fail.
    pub last: Option<SessionRef>,
    /// The largest adjusted p-value among the pairs that hold the group together.
    pub p_value: f64,
}

/// Returns the tests that fail together more often than chance would have it.
///
/// What counts is where a failure begins, after a pass or at the first run: a test that stays broken for forty sessions broke
/// once. Two tests of one system belong together where both began to fail in at least 3 sessions, in at least half of the
/// sessions in which either did (Jaccard's index), and where Fisher's exact test, over the sessions in which either could have
/// begun to fail, gives an adjusted p-value (Benjamini and Hochberg, over the pairs tested) of at most 0.05. A group is what
/// such pairs connect. Sessions of broken infrastructure are set aside first, and sessions in which more than 100 of the tests
/// that began to fail three times did so.
pub fn co_failures(source: &dyn Source, filter: &Filter, limit: usize) -> Result<CoFailuresReport, SourceError> {
    let mut cohort = Cohort::load_guarded(source, filter)?;
    let filter = filter.without_result_conditions();
    let series = fold::<OutcomeSeries>(source, &cohort, &filter, Columns::default())?;
    let all = series.len() as u64;
    let mut tests: Vec<Candidate> = series
        .into_par_iter()
        .filter(|(_, series)| series.has_trouble())
        .map_init(Vec::new, |runs, (key, series)| {
            series.runs_into(runs);
            Candidate::of(key, runs)
        })
        .filter(|test| test.failed.len() >= LEAST_TOGETHER)
        .collect();
    leave_crowded_sessions_out(&mut cohort, &mut tests);
    let links = links(&tests);
    let mut scope = cohort.scope();
    scope.tests = Some(all);
    let mut groups = groups(&cohort, &tests, &links);
    scope.leave_out(LeftOutReason::BeyondLimit, groups.len().saturating_sub(limit) as u64);
    groups.truncate(limit);
    Ok(CoFailuresReport { scope, groups })
}

/// A test that began to fail often enough.
struct Candidate {
    key: TestKey,
    /// The sessions in which it began to fail, in order.
    failed: Vec<u32>,
    /// The sessions in which it could: it passed or failed, and did not fail the time before. In order.
    ran: Vec<u32>,
}

impl Candidate {
    fn of(key: TestKey, runs: &[Run]) -> Candidate {
        let mut test = Candidate { key, failed: Vec::new(), ran: Vec::new() };
        let mut failing = false;
        for run in runs.iter().filter(|run| run.verdict.counts()) {
            if !failing {
                test.ran.push(run.session);
                if run.verdict.is_failure() {
                    test.failed.push(run.session);
                }
            }
            failing = run.verdict.is_failure();
        }
        test
    }
}

fn failing_by_session(tests: &[Candidate]) -> BTreeMap<u32, Vec<usize>> {
    let mut by_session: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (place, test) in tests.iter().enumerate() {
        for session in &test.failed {
            by_session.entry(*session).or_default().push(place);
        }
    }
    by_session
}

fn leave_crowded_sessions_out(cohort: &mut Cohort, tests: &mut Vec<Candidate>) {
    let crowded: BTreeSet<u32> = failing_by_session(tests)
        .into_iter()
        .filter(|(_, failing)| failing.len() > MOST_FAILING)
        .map(|(session, _)| session)
        .collect();
    for session in &crowded {
        if let Some(aside) = cohort.set_aside.get_mut(*session as usize) {
            *aside = Some(LeftOutReason::MassFailure);
        }
    }
    for test in tests.iter_mut() {
        test.failed.retain(|session| !crowded.contains(session));
        test.ran.retain(|session| !crowded.contains(session));
    }
    tests.retain(|test| test.failed.len() >= LEAST_TOGETHER);
}

/// The pairs that belong together, with their adjusted p-value, in order.
fn links(tests: &[Candidate]) -> Vec<(usize, usize, f64)> {
    let mut together: HashMap<(u32, u32), usize> = HashMap::new();
    for failing in failing_by_session(tests).values() {
        for (place, left) in failing.iter().enumerate() {
            for right in failing.iter().skip(place + 1) {
                *together.entry((*left as u32, *right as u32)).or_default() += 1;
            }
        }
    }
    let mut pairs: Vec<((u32, u32), usize)> =
        together.into_iter().filter(|(_, both)| *both >= LEAST_TOGETHER).collect();
    pairs.sort_unstable();
    let tested: Vec<(usize, usize, f64)> = pairs
        .par_iter()
        .filter_map(|((left, right), both)| {
            let (left, right) = (*left as usize, *right as usize);
            let (first, second) = (tests.get(left)?, tests.get(right)?);
            let either = first.failed.len() + second.failed.len() - both;
            let fits = first.key.sut == second.key.sut && *both as f64 >= LEAST_OVERLAP * either as f64;
            fits.then(|| (left, right, p_value(first, second)))
        })
        .collect();
    let adjusted = benjamini_hochberg(&tested.iter().map(|(_, _, p)| *p).collect::<Vec<_>>());
    let links = tested.into_iter().zip(adjusted).map(|((left, right, _), p)| (left, right, p));
    links.filter(|(_, _, p)| *p <= SIGNIFICANT).collect()
}

/// Fisher's test that the second begins to fail more often where the first does, over the sessions in which both could.
fn p_value(first: &Candidate, second: &Candidate) -> f64 {
    let second_ran: BTreeSet<u32> = second.ran.iter().copied().collect();
    let second_failed: BTreeSet<u32> = second.failed.iter().copied().collect();
    let first_failed: BTreeSet<u32> = first.failed.iter().copied().collect();
    let (mut with, mut without) = (Ratio { part: 0, whole: 0 }, Ratio { part: 0, whole: 0 });
    for session in first.ran.iter().filter(|session| second_ran.contains(session)) {
        let side = if first_failed.contains(session) { &mut with } else { &mut without };
        side.whole += 1;
        side.part += u64::from(second_failed.contains(session));
    }
    fisher_exact_greater(without, with)
}

fn groups(cohort: &Cohort, tests: &[Candidate], links: &[(usize, usize, f64)]) -> Vec<CoFailureGroup> {
    let mut leader: Vec<usize> = (0..tests.len()).collect();
    for (left, right, _) in links {
        let (left, right) = (find(&leader, *left), find(&leader, *right));
        if let Some(place) = leader.get_mut(left.max(right)) {
            *place = left.min(right);
        }
    }
    let mut members: BTreeMap<usize, Vec<&Candidate>> = BTreeMap::new();
    for (place, test) in tests.iter().enumerate() {
        members.entry(find(&leader, place)).or_default().push(test);
    }
    let mut worst: BTreeMap<usize, f64> = BTreeMap::new();
    for (left, _, p) in links {
        let worst = worst.entry(find(&leader, *left)).or_insert(0.0);
        *worst = worst.max(*p);
    }
    let mut groups: Vec<CoFailureGroup> = members
        .into_iter()
        .filter(|(_, members)| members.len() > 1)
        .map(|(leader, members)| group(cohort, &members, worst.get(&leader).copied().unwrap_or(1.0)))
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse((group.together.part, group.tests.len())));
    groups
}

fn find(leader: &[usize], mut place: usize) -> usize {
    while let Some(next) = leader.get(place).copied().filter(|next| *next != place) {
        place = next;
    }
    place
}

fn group(cohort: &Cohort, members: &[&Candidate], p_value: f64) -> CoFailureGroup {
    let mut failing: BTreeMap<u32, u64> = BTreeMap::new();
    for session in members.iter().flat_map(|test| &test.failed) {
        *failing.entry(*session).or_default() += 1;
    }
    let together: Vec<u32> = failing.iter().filter(|(_, tests)| **tests > 1).map(|(session, _)| *session).collect();
    CoFailureGroup {
        tests: members.iter().map(|test| cohort.test(&test.key)).collect(),
        together: Ratio { part: together.len() as u64, whole: failing.len() as u64 },
        last: together.last().and_then(|session| cohort.session(*session)),
        p_value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::examples::history;

    #[test]
    fn tests_that_fail_in_the_same_sessions_are_a_group() {
        let source = history(&[
            ("login", "...F....F.....F...F...."),
            ("basket", "...F....F.....F...F...."),
            ("order", "...F....F.....F......F."),
            ("other", "F....F....F....F......."),
            ("rare", "...F..................."),
            ("fine", "......................."),
            ("fine2", "......................."),
        ]);
        let report = co_failures(&source, &Filter::default(), 9).expect("memory is readable");
        let [group] = &report.groups[..] else { panic!("{report:?}") };
        let names: Vec<_> = group.tests.iter().map(|test| test.node_id.as_str()).collect();
        assert_eq!(names, ["basket", "login", "order"]);
        assert_eq!(group.together, Ratio { part: 4, whole: 5 });
        assert_eq!(group.last.as_ref().map(|session| session.session_id.as_str()), Some("s0018"));
        assert!(group.p_value < 0.02, "{group:?}");
    }

    #[test]
    fn tests_that_stay_broken_at_the_same_time_are_not_a_group() {
        let source = history(&[("a", "......FFFFFFFFFFFFFFFF"), ("b", ".......FFFFFFFFFFFFFFF")]);
        let report = co_failures(&source, &Filter::default(), 9).expect("memory is readable");
        assert_eq!(report.groups, []);
    }

    #[test]
    fn twice_together_is_chance() {
        let source = history(&[("a", "...F....F..........F..."), ("b", "...F....F....F.........")]);
        let report = co_failures(&source, &Filter::default(), 9).expect("memory is readable");
        assert_eq!(report.groups, []);
    }
}
