//! The question and its answer.

use std::time::Duration;

use super::durations::DurationAnswers;
use super::moved::moved;
use super::outcomes::outcome_differences;
use super::sides::{Pair, Side, pair_up};
use crate::analysis::{Filter, PassRate, Scope, Source, SourceError, TestRef, Verdict};
use crate::model::OutcomeCounts;

/// What a comparison is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pairing {
    /// Tests are the same where system under test and node id are: sessions or periods of the same systems.
    #[default]
    SameSut,
    /// Tests are the same where the node id is: two systems under test against each other.
    AcrossSuts,
}

/// What differs between a base and a target.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonReport {
    /// What the base rests on.
    pub base: ComparedSide,
    /// What the target rests on.
    pub target: ComparedSide,
    /// The tests whose outcome differs, by kind, then by significance, then by name.
    pub outcomes: Vec<OutcomeDifference>,
    /// The tests that became slower, by how much time it makes, most first.
    pub slower: Vec<DurationDifference>,
    /// The tests that became faster, by how much time it makes, most first.
    pub faster: Vec<DurationDifference>,
    /// Tests that were removed and seem to live on under another id.
    pub moved: Vec<MovedTest>,
    /// The median, over the tests that passed on both sides, of how many times as long the target took, and of how many tests.
    pub overall_ratio: Option<(f64, u64)>,
    /// How many tests have durations on both sides, but too few for a test of significance.
    pub too_few_durations: u64,
    /// How many tests passed on both sides, without a significant difference.
    pub still_passing: u64,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedSide {
    /// What it rests on.
    pub scope: Scope,
    /// Its tests by outcome, added up over its sessions.
    pub counts: OutcomeCounts,
    /// Their pass rate.
    pub pass_rate: PassRate,
    /// Whether a test that is not named here may have passed here: console logs leave passed tests unnamed.
    pub names_every_test: bool,
    /// Whether one of its sessions at least tells of every test that was to run: see [`crate::analysis::tells_every_test`]. Otherwise it means
    /// nothing that a test is absent.
    pub is_whole: bool,
}

/// How a test's outcome differs. Each test has one kind: the first that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DifferenceKind {
    /// It failed in the last session of the target, and in no session of the base, in the last of which it passed (or was not named,
    /// where passed tests are not named).
    NewFailure,
    /// It fails in the target, and is not in the base.
    AddedFailing,
    /// It failed in the last session of both.
    StillFailing,
    /// It fails significantly more often in the target, and not in the last session of both.
    Worse,
    /// It fails significantly less often in the target, and not in the last session of both.
    Better,
    /// It failed in sessions of both and in the last of one, and how often does not differ significantly: the last session alone does not tell a
    /// new failure, or a mended one, from a test that fails now and then.
    Unsteady,
    /// It failed in the last session of the base, and in no session of the target, in the last of which it passed (or is not named,
    /// where passed tests are not named).
    Fixed,
    /// It is in the target and not in the base, and does not fail.
    Added,
    /// It is in the base and not in the target.
    Removed,
    /// It passed or failed in the last session of one side, and was skipped, or marked to fail, in that of the other; or was
    /// skipped in one and marked to fail in the other.
    Changed,
}

/// A test whose outcome differs.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeDifference {
    /// The test. Its system under test is the target's where it is in the target.
    pub test: TestRef,
    /// How it differs.
    pub kind: DifferenceKind,
    /// What it came to in the last session of the base that has it.
    pub base: Option<Verdict>,
    /// What it came to in the last session of the target that has it.
    pub target: Option<Verdict>,
    /// Its pass rate in the base.
    pub base_rate: PassRate,
    /// Its pass rate in the target.
    pub target_rate: PassRate,
    /// How sure it is that the rates differ.
    pub significance: Significance,
}

/// How sure a difference is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Significance {
    /// One of the sides has no run, or both have one: there is nothing to be sure of.
    Untested,
    /// Tested, and within what chance does: the adjusted p-value.
    Chance(f64),
    /// Significant at a false discovery rate of 5 %: the adjusted p-value.
    Significant(f64),
}

impl Significance {
    /// Returns whether the difference is significant.
    pub fn is_significant(self) -> bool {
        matches!(self, Significance::Significant(_))
    }

    pub(super) fn rank(self) -> f64 {
        match self {
            Significance::Significant(p) => p,
            Significance::Chance(p) => 1.0 + p,
            Significance::Untested => 2.5,
        }
    }
}

/// A test that takes another time.
#[derive(Debug, Clone, PartialEq)]
pub struct DurationDifference {
    /// The test.
    pub test: TestRef,
    /// How many passes of known duration the base has.
    pub base_n: u64,
    /// Their median.
    pub base: Duration,
    /// How many passes of known duration the target has.
    pub target_n: u64,
    /// Their median.
    pub target: Duration,
    /// How many times as long: target by base.
    pub ratio: f64,
    /// The adjusted p-value of the Mann-Whitney test.
    pub p_value: f64,
}

/// A test that seems to live on under another id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedTest {
    /// The id in the base.
    pub from: TestRef,
    /// The id in the target.
    pub to: TestRef,
}

/// Returns what differs between the sessions of one filter and those of another.
///
/// | question | answer |
/// |---|---|
/// | state of a side | the verdict of its last session that has the test |
/// | is a failure new, or mended | where the other side has none at all; otherwise it is a question of how often |
/// | do the pass rates differ | Fisher's exact test, one-sided; p-values adjusted after Benjamini and Hochberg; significant at 5 %, with at least 3 failures on the worse side and 5 points between the rates (Sippy) |
/// | do the durations differ | Mann-Whitney's U test of passes, at least 4 on each side, adjusted likewise; medians at least 1.1 apart as a ratio, the longer one at least 50 ms |
///
/// With one session on each side the state is compared, and nothing is called significant. Sessions of broken infrastructure
/// are set aside first where a side has more than one, but those that leave passed tests unnamed stay: what they name as
/// failed did fail.
pub fn compare(
    source: &dyn Source,
    base: &Filter,
    target: &Filter,
    pairing: Pairing,
) -> Result<ComparisonReport, SourceError> {
    let base = Side::load(source, base, pairing)?;
    let target = Side::load(source, target, pairing)?;
    let (base_side, target_side) = (base.described.clone(), target.described.clone());
    let pairs: Vec<Pair> = pair_up(base, target, pairing);
    let (outcomes, still_passing) = outcome_differences(&pairs, &base_side, &target_side);
    let durations = DurationAnswers::of(&pairs);
    Ok(ComparisonReport {
        base: base_side,
        target: target_side,
        moved: moved(&outcomes),
        outcomes,
        slower: durations.slower,
        faster: durations.faster,
        overall_ratio: durations.overall,
        too_few_durations: durations.too_few,
        still_passing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::examples::{history, sessions};
    use crate::analysis::{LeftOutReason, MemorySource, Window};
    use crate::model::{Format, Outcome, SessionId, Source as Input, TestResult, TestSession, Totals};

    /// Compares the sessions before a place with those from it on.
    fn split(source: &MemorySource, place: usize) -> ComparisonReport {
        let all = source.sessions(&Filter::default()).expect("memory is readable").rows;
        let at = all[place].session_start_time;
        let base = Filter { window: Window { from: None, until: at }, ..Filter::default() };
        let target = Filter { window: Window { from: at, until: None }, ..Filter::default() };
        compare(source, &base, &target, Pairing::SameSut).expect("memory is readable")
    }

    fn kinds(report: &ComparisonReport) -> Vec<(&str, DifferenceKind)> {
        report.outcomes.iter().map(|outcome| (outcome.test.node_id.as_str(), outcome.kind)).collect()
    }

    #[test]
    fn two_sessions_give_states_and_no_significance() {
        use DifferenceKind::{Added, AddedFailing, Changed, Fixed, NewFailure, Removed, StillFailing};
        let report = split(
            &history(&[
                ("broke", ".F"),
                ("fixed", "E."),
                ("still", "FE"),
                ("new", " ."),
                ("new-bad", " F"),
                ("gone", ". "),
                ("skipped", ".s"),
                ("same", ".r"),
                ("xsame", "xx"),
            ]),
            1,
        );
        let expected = [
            ("broke", NewFailure),
            ("new-bad", AddedFailing),
            ("still", StillFailing),
            ("fixed", Fixed),
            ("new", Added),
            ("gone", Removed),
            ("skipped", Changed),
        ];
        assert_eq!(kinds(&report), expected);
        assert!(report.outcomes.iter().all(|outcome| outcome.significance == Significance::Untested));
        assert_eq!((report.still_passing, report.slower.len(), report.faster.len()), (1, 0, 0));
        assert_eq!((report.base.scope.sessions, report.target.scope.sessions), (1, 1));
    }

    /// 12 of 20 against 0 of 20 twice, and 2 of 20: `fisher_exact` and `false_discovery_control`, scipy 1.17.1.
    #[test]
    fn rates_that_differ_are_significant_and_others_are_chance() {
        let worse = format!("{}{}", ".".repeat(20), "FF.FF.FF..FF.FF.FF..");
        let better = format!("{}{}", "FF.FF.FF..FF.FF.FF..", ".".repeat(20));
        let chance = format!("{}{}", ".".repeat(20), "...F..............F.");
        let report = split(&history(&[("worse", &worse), ("better", &better), ("chance", &chance)]), 20);
        assert_eq!(kinds(&report), [("worse", DifferenceKind::Worse), ("better", DifferenceKind::Better)]);
        let Significance::Significant(p) = report.outcomes[0].significance else { panic!("{report:?}") };
        assert!((p - 3.382_136_31e-5).abs() < 1e-12, "{p:e}");
        assert_eq!(report.still_passing, 1);
    }

    #[test]
    fn a_last_session_alone_tells_no_new_failure_from_one_that_comes_and_goes() {
        use DifferenceKind::{Better, Fixed, NewFailure, Unsteady, Worse};
        let steady = ".".repeat(20);
        let report = split(
            &history(&[
                ("broke", &format!("{steady}...................F")),
                ("mended", &format!("..................FF{steady}")),
                ("comes-and-goes", "..F.......F.............F.......F......F"),
                ("goes-and-comes", "..F.......F........F....F.......F......."),
                ("worse", "..F.................FF.FF.FF..FF.FF.FFFF"),
                ("better", "FF.FF.FF..FF.FF.FF.F..F................."),
            ]),
            20,
        );
        let expected = [
            ("broke", NewFailure),
            ("worse", Worse),
            ("better", Better),
            ("comes-and-goes", Unsteady),
            ("goes-and-comes", Unsteady),
            ("mended", Fixed),
        ];
        assert_eq!(kinds(&report), expected);
    }

    #[test]
    fn slower_needs_four_passes_on_each_side() {
        let mut all = sessions(&[("slow", &".".repeat(12)), ("same", &".".repeat(12))]);
        for (place, session) in all.iter_mut().enumerate() {
            session.test_results.update(|result| {
                let slow = if result.node_id.as_str() == "slow" && place >= 6 { 3 } else { 1 };
                result.duration = Some(Duration::from_millis(100 * slow + place as u64));
            });
        }
        let report = split(&MemorySource::new(all.clone()), 6);
        let [slower] = &report.slower[..] else { panic!("{report:?}") };
        assert_eq!((slower.test.node_id.as_str(), slower.base_n, slower.target_n), ("slow", 6, 6));
        assert!((slower.ratio - 3.0).abs() < 0.02 && slower.p_value < 0.01, "{slower:?}");
        let report = split(&MemorySource::new(all.into_iter().skip(3)), 3);
        assert_eq!((report.slower.len(), report.too_few_durations), (0, 2));
    }

    #[test]
    fn a_log_that_leaves_passes_unnamed_has_neither_added_nor_removed_tests() {
        let log = |place: u32, failed: &[&str]| TestSession {
            session_id: SessionId::new(format!("s{place}")),
            complete: true,
            test_results: failed.iter().map(|name| TestResult::new(*name, Outcome::Failed)).collect(),
            source: vec![Input { format: Format::Terminal, path: None, sha256: None, bytes: None }],
            totals: Some(Totals::from_iter([("passed", 90)])),
            ..TestSession::default()
        };
        let source = MemorySource::new([log(0, &["a", "b"]), log(1, &["b", "c"])]);
        let only = |id: &str| Filter { session_ids: vec![SessionId::new(id)], ..Filter::default() };
        let report = compare(&source, &only("s0"), &only("s1"), Pairing::SameSut).expect("memory is readable");
        use DifferenceKind::{Fixed, NewFailure, StillFailing};
        assert_eq!(kinds(&report), [("c", NewFailure), ("b", StillFailing), ("a", Fixed)]);
        assert!(!report.base.names_every_test);
    }

    #[test]
    fn two_systems_are_compared_by_node_id() {
        let mut all = sessions(&[("t", ".F")]);
        all[1].sut_name = Some("other".to_owned());
        let source = MemorySource::new(all);
        let of = |sut: &str| Filter { sut_names: vec![sut.to_owned()], ..Filter::default() };
        let report = compare(&source, &of("shop"), &of("other"), Pairing::AcrossSuts).expect("memory is readable");
        assert_eq!(kinds(&report), [("t", DifferenceKind::NewFailure)]);
        assert_eq!(report.outcomes[0].test.sut_name.as_deref(), Some("other"));
    }

    #[test]
    fn moved_and_renamed_tests_are_found() {
        let report = split(
            &history(&[
                ("a/test_x.py::TestA::test_one[1]", ". "),
                ("b/test_x.py::TestA::test_one[1]", " ."),
                ("a/test_x.py::test_checkout_total", ". "),
                ("a/test_x.py::test_checkout_totals", " ."),
                ("a/test_x.py::test_other", ". "),
            ]),
            1,
        );
        let moved: Vec<_> =
            report.moved.iter().map(|moved| (moved.from.node_id.as_str(), moved.to.node_id.as_str())).collect();
        let expected = [
            ("a/test_x.py::TestA::test_one[1]", "b/test_x.py::TestA::test_one[1]"),
            ("a/test_x.py::test_checkout_total", "a/test_x.py::test_checkout_totals"),
        ];
        assert_eq!(moved, expected);
    }

    #[test]
    fn sessions_of_broken_infrastructure_are_set_aside() {
        let names = ["a", "b", "c", "d", "e"];
        let tests: Vec<(&str, &str)> = names.iter().map(|name| (*name, "....F.")).collect();
        let report = split(&history(&tests), 3);
        assert_eq!(report.outcomes, []);
        assert_eq!(report.target.scope.left_out_for(LeftOutReason::NearlyAllFailed), 1);
    }
}
