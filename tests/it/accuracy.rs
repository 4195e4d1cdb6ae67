//! How many of the troubles planted in synthetic histories the analyses find, and how often they cry wolf.

use std::collections::{BTreeMap, BTreeSet};

use insight::analysis::synthetic::{PlantedTruth, SyntheticHistory};
use insight::analysis::{
    Filter, LeftOutReason, MemorySource, Pairing, TestRef, TrendKind, Window, compare, duration_shifts, flaky,
    regressions,
};

/// Several histories of one kind, each as a source with its truth.
fn histories(kind: &SyntheticHistory, seeds: u64) -> Vec<(SyntheticHistory, MemorySource, PlantedTruth)> {
    let with_seed = |seed| SyntheticHistory { seed, ..kind.clone() };
    let made = (1..=seeds).map(with_seed);
    made.map(|history| (history.clone(), MemorySource::new(history.sessions()), history.truth())).collect()
}

#[derive(Debug, Default)]
struct Score {
    found: usize,
    missed: usize,
    wrong: usize,
}

impl Score {
    fn add(&mut self, planted: &BTreeSet<TestRef>, reported: &BTreeSet<TestRef>) {
        self.found += planted.intersection(reported).count();
        self.missed += planted.difference(reported).count();
        self.wrong += reported.difference(planted).count();
    }

    fn precision(&self) -> f64 {
        self.found as f64 / (self.found + self.wrong) as f64
    }

    fn recall(&self) -> f64 {
        self.found as f64 / (self.found + self.missed) as f64
    }
}

#[test]
fn flaky_tests_are_found_with_revisions_and_reruns() {
    for sessions in [30, 100] {
        let kind = SyntheticHistory { sessions, tests: 400, ..SyntheticHistory::default() };
        let mut score = Score::default();
        for (_, source, truth) in histories(&kind, 5) {
            let report = flaky(&source, &Filter::default()).expect("memory is readable");
            score.add(&truth.flaky, &report.tests.into_iter().map(|test| test.test).collect());
        }
        assert!(score.precision() >= 0.95 && score.recall() >= 0.95, "{sessions} sessions: {score:?}");
    }
}

#[test]
fn flaky_tests_are_found_by_flips_alone() {
    let kind = SyntheticHistory {
        sessions: 60,
        tests: 400,
        sessions_per_revision: 0,
        repeated: 0.0,
        ..SyntheticHistory::default()
    };
    let mut score = Score::default();
    for (_, source, truth) in histories(&kind, 5) {
        let report = flaky(&source, &Filter::default()).expect("memory is readable");
        score.add(&truth.flaky, &report.tests.into_iter().map(|test| test.test).collect());
    }
    assert!(score.precision() >= 0.95 && score.recall() >= 0.95, "{score:?}");
}

#[test]
fn infrastructure_failures_are_set_aside_by_name() {
    let kind = SyntheticHistory { tests: 400, infrastructure: 0.05, outages: 0.05, ..SyntheticHistory::default() };
    for (_, source, truth) in histories(&kind, 3) {
        let report = flaky(&source, &Filter::default()).expect("memory is readable");
        let named = |reason| -> BTreeSet<_> {
            let of_reason = report.scope.left_out.iter().filter(|left_out| left_out.reason == reason);
            of_reason.flat_map(|left_out| left_out.sessions.iter().cloned()).collect()
        };
        assert_eq!(named(LeftOutReason::NearlyAllFailed), truth.infrastructure);
        assert!(named(LeftOutReason::MassFailure).is_subset(&truth.outages));
        assert!(
            named(LeftOutReason::MassFailure).len() * 10 >= truth.outages.len() * 7,
            "outages next to each other last"
        );
    }
}

#[test]
fn regressions_are_found_within_two_sessions() {
    let kind = SyntheticHistory { tests: 400, ..SyntheticHistory::default() };
    let mut score = Score::default();
    let (mut near, mut all) = (0, 0);
    for (history, source, truth) in histories(&kind, 5) {
        let report = regressions(&source, &Filter::default()).expect("memory is readable");
        let places: BTreeMap<_, _> = (0..history.sessions).map(|place| (history.session_id(0, place), place)).collect();
        let regressed = report.tests.iter().filter(|test| test.kind == TrendKind::Regressed);
        for test in regressed.clone() {
            let at = test.change.as_ref().and_then(|change| change.at.as_ref());
            if let (Some(planted), Some(at)) = (truth.regressed.get(&test.test), at) {
                all += 1;
                near += usize::from(places[&at.session_id].abs_diff(*planted) <= 2);
            }
        }
        let reported: BTreeSet<TestRef> = regressed.map(|test| test.test.clone()).collect();
        score.add(&truth.regressed.keys().cloned().collect(), &reported);
    }
    assert!(score.precision() >= 0.95 && score.recall() >= 0.95, "{score:?}");
    assert!(near * 100 >= all * 95, "{near} of {all} within two sessions");
}

#[test]
fn changes_of_duration_are_found_within_two_sessions() {
    let kind = SyntheticHistory { tests: 400, ..SyntheticHistory::default() };
    let mut score = Score::default();
    let (mut near, mut all) = (0, 0);
    for (history, source, truth) in histories(&kind, 5) {
        let report = duration_shifts(&source, &Filter::default()).expect("memory is readable");
        let places: BTreeMap<_, _> = (0..history.sessions).map(|place| (history.session_id(0, place), place)).collect();
        for shift in &report.tests {
            if let (Some((planted, ratio)), Some(at)) = (truth.shifted.get(&shift.test), &shift.at) {
                all += 1;
                near += usize::from(places[&at.session_id].abs_diff(*planted) <= 2);
                assert!((shift.ratio / ratio).ln().abs() < 0.2, "{shift:?} {ratio}");
            }
        }
        score.add(&truth.shifted.keys().cloned().collect(), &report.tests.into_iter().map(|test| test.test).collect());
    }
    assert!(score.precision() >= 0.95 && score.recall() >= 0.95, "{score:?}");
    assert!(near * 100 >= all * 95, "{near} of {all} within two sessions");
}

/// 1,000 tests with nothing planted, of 100 sessions each, on machines with the usual noise and now and then a bad day.
#[test]
fn stable_tests_give_at_most_one_alarm_in_a_thousand() {
    let kind = SyntheticHistory {
        tests: 1000,
        flaky: 0.0,
        regressed: 0.0,
        mended: 0.0,
        slower: 0.0,
        faster: 0.0,
        renamed: 0.0,
        skipped: 0.0,
        broken: 0.0,
        noise: 0.3,
        ..SyntheticHistory::default()
    };
    for (_, source, truth) in histories(&kind, 3) {
        assert_eq!(truth.stable.len(), 1000);
        let filter = Filter::default();
        let flaky = flaky(&source, &filter).expect("memory is readable").tests.len();
        let trends = regressions(&source, &filter).expect("memory is readable").tests;
        let regressed = trends.iter().filter(|test| test.kind == TrendKind::Regressed).count();
        let shifted = duration_shifts(&source, &filter).expect("memory is readable").tests.len();
        assert!(flaky <= 1 && regressed <= 1 && shifted <= 1, "{flaky} {regressed} {shifted}");
    }
}

#[test]
fn a_comparison_of_two_periods_finds_what_broke_and_what_was_renamed() {
    let kind = SyntheticHistory { tests: 400, renamed: 0.05, ..SyntheticHistory::default() };
    let mut score = Score::default();
    let (mut wrong, mut right, mut planted) = (0, 0, 0);
    for (history, source, truth) in histories(&kind, 5) {
        // The first three tenths are before anything planted, the last two after all of it.
        let at = |share: i32| Some(history.start + history.interval * (history.sessions as i32 * share / 10));
        let base = Filter { window: Window { from: None, until: at(3) }, ..Filter::default() };
        let target = Filter { window: Window { from: at(8), until: None }, ..Filter::default() };
        let report = compare(&source, &base, &target, Pairing::SameSut).expect("memory is readable");
        // A test that was mended late fails in the target, too, and rightly counts as neither.
        let worse = report.outcomes.iter().filter(|outcome| {
            outcome.significance.is_significant()
                && outcome.target_rate.value() < outcome.base_rate.value()
                && !truth.mended.contains(&outcome.test)
        });
        score.add(&truth.regressed.keys().cloned().collect(), &worse.map(|outcome| outcome.test.clone()).collect());
        let renamed: BTreeSet<_> = truth.renamed.iter().map(|(old, new, _)| (old.clone(), new.clone())).collect();
        let moved: BTreeSet<_> = report.moved.into_iter().map(|moved| (moved.from, moved.to)).collect();
        assert_eq!(moved, renamed);
        let shifted: BTreeSet<&TestRef> = truth.shifted.keys().collect();
        let called: Vec<&TestRef> =
            report.slower.iter().chain(&report.faster).map(|difference| &difference.test).collect();
        wrong += called.iter().filter(|test| !shifted.contains(*test)).count();
        right += called.iter().filter(|test| shifted.contains(*test)).count();
        planted += shifted.len();
    }
    assert!(wrong * 20 <= wrong + right && right * 20 >= planted * 19, "{wrong} wrong, {right} of {planted} found");
    assert!(score.precision() >= 0.95 && score.recall() >= 0.95, "{score:?}");
}
