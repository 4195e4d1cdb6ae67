//! Synthetic histories: any number of sessions from one seed, with planted troubles, and the truth about them.
//!
//! For the tests that measure how many of the planted troubles an analysis finds, and for benchmarks. The same configuration
//! gives the same history on every machine. Sessions are made one by one: a history of any size needs the memory of one
//! session.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;

use super::TestRef;
use crate::model::{Ending, NodeId, Outcome, SessionId, TestResult, TestSession, TimeSource};

/// What a synthetic history is like. Shares are of the tests of each system, or of its sessions, from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct SyntheticHistory {
    /// Another seed is another history.
    pub seed: u64,
    /// How many systems under test.
    pub suts: usize,
    /// How many sessions each has.
    pub sessions: usize,
    /// How many tests each session has.
    pub tests: usize,
    /// When the first session begins.
    pub start: DateTime<Utc>,
    /// How much time lies between the sessions of a system.
    pub interval: TimeDelta,
    /// How many sessions in a row run the same revision; 0 where no session says which.
    pub sessions_per_revision: usize,
    /// Tests that fail now and then, in 15 % to 50 % of the sessions.
    pub flaky: f64,
    /// The share of flaky failures that are repeated in the session, and pass then.
    pub repeated: f64,
    /// Tests that begin to fail for good.
    pub regressed: f64,
    /// Tests that fail for five to fifteen sessions and are mended.
    pub mended: f64,
    /// Tests that become 1.3 to 3 times as slow.
    pub slower: f64,
    /// Tests that become 1.3 to 3 times as fast.
    pub faster: f64,
    /// Tests that get another name.
    pub renamed: f64,
    /// Tests that are always skipped.
    pub skipped: f64,
    /// Tests that fail in every session.
    pub broken: f64,
    /// Sessions in which 95 % of the tests fail.
    pub infrastructure: f64,
    /// Sessions in which 30 % of the tests fail together.
    pub outages: f64,
    /// The spread of durations: the standard deviation of their logarithm.
    pub noise: f64,
}

impl Default for SyntheticHistory {
    /// Returns a history of one system with a little of every trouble.
    fn default() -> SyntheticHistory {
        SyntheticHistory {
            seed: 1,
            suts: 1,
            sessions: 100,
            tests: 200,
            start: DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default(),
            interval: TimeDelta::hours(2),
            sessions_per_revision: 2,
            flaky: 0.05,
            repeated: 0.5,
            regressed: 0.03,
            mended: 0.02,
            slower: 0.03,
            faster: 0.02,
            renamed: 0.02,
            skipped: 0.03,
            broken: 0.01,
            infrastructure: 0.02,
            outages: 0.01,
            noise: 0.15,
        }
    }
}

/// What was planted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlantedTruth {
    /// The flaky tests.
    pub flaky: BTreeSet<TestRef>,
    /// The tests that began to fail for good, with the place of the first failing session among those of the system.
    pub regressed: BTreeMap<TestRef, usize>,
    /// The tests that failed for a while.
    pub mended: BTreeSet<TestRef>,
    /// The tests whose duration changed, with the place of the first such session and how many times as long it takes since.
    pub shifted: BTreeMap<TestRef, (usize, f64)>,
    /// The renamed tests: the old name, the new one, and the place of the first session with the new one.
    pub renamed: Vec<(TestRef, TestRef, usize)>,
    /// The tests with nothing planted.
    pub stable: BTreeSet<TestRef>,
    /// The sessions in which nearly all tests fail.
    pub infrastructure: BTreeSet<SessionId>,
    /// The sessions in which many tests fail together.
    pub outages: BTreeSet<SessionId>,
}

/// What is planted in one test.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Plan {
    Stable,
    Flaky { rate: f64 },
    Regressed { at: usize },
    Mended { from: usize, to: usize },
    Shifted { at: usize, ratio: f64 },
    Renamed { at: usize },
    Skipped,
    Broken,
}

/// What decides the results of one test in one session, beside chance.
struct Shape {
    place: usize,
    test: usize,
    plan: Plan,
    duration: f64,
    weather: Weather,
}

/// What befalls one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    Fair,
    Infrastructure,
    Outage,
}

impl SyntheticHistory {
    /// Returns the sessions in order of time, those of the systems in turn.
    pub fn sessions(&self) -> impl Iterator<Item = TestSession> + '_ {
        let plans: Vec<Vec<(Plan, f64)>> = (0..self.suts).map(|sut| self.plans(sut)).collect();
        (0..self.sessions).flat_map(move |place| (0..self.suts).map(move |sut| (place, sut))).map(
            move |(place, sut)| {
                let empty = Vec::new();
                self.session(sut, place, plans.get(sut).unwrap_or(&empty))
            },
        )
    }

    /// Returns what is planted.
    pub fn truth(&self) -> PlantedTruth {
        let mut truth = PlantedTruth::default();
        for sut in 0..self.suts {
            for (test, (plan, _)) in self.plans(sut).into_iter().enumerate() {
                let reference = self.test_ref(sut, test, Name::Old);
                match plan {
                    Plan::Stable => drop(truth.stable.insert(reference)),
                    Plan::Flaky { .. } => drop(truth.flaky.insert(reference)),
                    Plan::Regressed { at } => drop(truth.regressed.insert(reference, at)),
                    Plan::Mended { .. } => drop(truth.mended.insert(reference)),
                    Plan::Shifted { at, ratio } => drop(truth.shifted.insert(reference, (at, ratio))),
                    Plan::Renamed { at } => truth.renamed.push((reference, self.test_ref(sut, test, Name::New), at)),
                    Plan::Skipped | Plan::Broken => {}
                }
            }
            for place in 0..self.sessions {
                match self.weather(sut, place) {
                    Weather::Fair => {}
                    Weather::Infrastructure => drop(truth.infrastructure.insert(self.session_id(sut, place))),
                    Weather::Outage => drop(truth.outages.insert(self.session_id(sut, place))),
                }
            }
        }
        truth
    }

    /// The name of a session, which sorts by time; behind the dash stand 16 digits, as in the name of a real one.
    pub fn session_id(&self, sut: usize, place: usize) -> SessionId {
        let digest = self.random(4, sut, place).u64(..);
        SessionId::new(format!("{}-{digest:016x}", self.session_start(place).format("%Y%m%dT%H%M%SZ")))
    }

    fn session_start(&self, place: usize) -> DateTime<Utc> {
        self.start + self.interval * i32::try_from(place).unwrap_or(i32::MAX)
    }

    fn random(&self, what: u64, sut: usize, index: usize) -> Rng {
        // Odd multipliers keep the streams of neighbours apart.
        let mixed = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ what.wrapping_mul(0xBF58_476D_1CE4_E5B9)
            ^ (sut as u64 + 1).wrapping_mul(0x94D0_49BB_1331_11EB)
            ^ (index as u64 + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        let mut random = Rng::with_seed(mixed ^ (mixed >> 31));
        random.u64(..);
        random
    }

    fn weather(&self, sut: usize, place: usize) -> Weather {
        let chance = self.random(1, sut, place).f64();
        if chance < self.infrastructure {
            Weather::Infrastructure
        } else if chance < self.infrastructure + self.outages {
            Weather::Outage
        } else {
            Weather::Fair
        }
    }

    /// The first session from a place on that runs a new revision: code does not change within one.
    fn with_a_revision(&self, place: usize) -> usize {
        place.next_multiple_of(self.sessions_per_revision.max(1))
    }

    /// What is planted in each test of a system, and the logarithm of its duration in seconds.
    fn plans(&self, sut: usize) -> Vec<(Plan, f64)> {
        (0..self.tests).map(|test| self.plan(sut, test)).collect()
    }

    fn plan(&self, sut: usize, test: usize) -> (Plan, f64) {
        let mut random = self.random(2, sut, test);
        // Between the third and the eighth tenth of the history, so that there is a before and an after.
        let middle = |random: &mut Rng| {
            self.with_a_revision(self.sessions * 3 / 10 + random.usize(0..(self.sessions / 2).max(1)))
        };
        let mut chance = random.f64();
        let mut falls = |share: f64| {
            chance -= share;
            chance < 0.0
        };
        let plan = if falls(self.flaky) {
            Plan::Flaky { rate: 0.15 + 0.35 * random.f64() }
        } else if falls(self.regressed) {
            Plan::Regressed { at: middle(&mut random) }
        } else if falls(self.mended) {
            let from = middle(&mut random);
            Plan::Mended { from, to: self.with_a_revision(from + random.usize(5..=15)) }
        } else if falls(self.slower) {
            Plan::Shifted { at: middle(&mut random), ratio: 1.3 + 1.7 * random.f64() }
        } else if falls(self.faster) {
            Plan::Shifted { at: middle(&mut random), ratio: 1.0 / (1.3 + 1.7 * random.f64()) }
        } else if falls(self.renamed) {
            Plan::Renamed { at: middle(&mut random) }
        } else if falls(self.skipped) {
            Plan::Skipped
        } else if falls(self.broken) {
            Plan::Broken
        } else {
            Plan::Stable
        };
        // Most tests take milliseconds, a few take seconds; those whose duration changes are worth looking at.
        let least: f64 = if matches!(plan, Plan::Shifted { .. }) { 0.2 } else { 0.002 };
        (plan, (least.ln()).max(0.03_f64.ln() + 1.2 * normal(&mut random)))
    }

    fn session(&self, sut: usize, place: usize, plans: &[(Plan, f64)]) -> TestSession {
        let mut random = self.random(3, sut, place);
        let weather = self.weather(sut, place);
        let mut results = Vec::with_capacity(plans.len());
        for (test, (plan, duration)) in plans.iter().enumerate() {
            let shape = Shape { place, test, plan: *plan, duration: *duration, weather };
            self.results(&shape, &mut random, &mut results);
        }
        let start = self.session_start(place);
        let duration: Duration = results.iter().filter_map(|result| result.duration).sum();
        let mut session = TestSession {
            sut_name: Some(sut_name(sut)),
            session_id: self.session_id(sut, place),
            session_start_time: Some(start),
            session_stop_time: TimeDelta::from_std(duration).ok().map(|duration| start + duration),
            time_source: Some(TimeSource::Report),
            session_duration: Some(duration),
            complete: true,
            exit_status: Some(i32::from(results.iter().any(|result| result.outcome.is_failure()))),
            ending: Some(Ending::Finished),
            test_results: results.into(),
            ..TestSession::default()
        };
        session.tags.insert("branch".to_owned(), "main".to_owned());
        if let Some(revision) = place.checked_div(self.sessions_per_revision) {
            session.tags.insert("revision".to_owned(), format!("{revision:040x}"));
        }
        session
    }

    /// Adds what one test comes to in one session.
    fn results(&self, shape: &Shape, random: &mut Rng, results: &mut Vec<TestResult>) {
        let Shape { place, test, plan, duration, weather } = *shape;
        let name = match plan {
            Plan::Renamed { at } if place >= at => Name::New,
            _ => Name::Old,
        };
        let factor = match plan {
            Plan::Shifted { at, ratio } if place >= at => ratio,
            _ => 1.0,
        };
        let seconds = factor * (duration + self.noise * normal(random)).exp();
        let result = |outcome: Outcome, attempt: u32, why: &str| TestResult {
            attempt,
            duration: Some(Duration::from_micros((seconds * 1e6) as u64)),
            longreprtext: (!why.is_empty()).then(|| failure_text(test, place, why).into()),
            reason: (outcome == Outcome::Skipped).then(|| "not on this platform".into()),
            ..TestResult::new(node_id(test, name), outcome)
        };
        let down = match weather {
            Weather::Fair => false,
            Weather::Infrastructure => random.f64() < 0.95,
            Weather::Outage => random.f64() < 0.3,
        };
        let flaky = matches!(plan, Plan::Flaky { rate } if random.f64() < rate);
        let broken = match plan {
            Plan::Regressed { at } => place >= at,
            Plan::Mended { from, to } => (from..to).contains(&place),
            Plan::Broken => true,
            Plan::Stable | Plan::Flaky { .. } | Plan::Shifted { .. } | Plan::Renamed { .. } | Plan::Skipped => false,
        };
        if plan == Plan::Skipped {
            results.push(result(Outcome::Skipped, 1, ""));
        } else if down {
            results.push(result(Outcome::Error, 1, UNREACHABLE));
        } else if broken {
            results.push(result(Outcome::Failed, 1, WRONG));
        } else if flaky && random.f64() < self.repeated {
            results.push(result(Outcome::Rerun, 1, TIMEOUT));
            results.push(result(Outcome::Passed, 2, ""));
        } else if flaky {
            results.push(result(Outcome::Failed, 1, TIMEOUT));
        } else {
            results.push(result(Outcome::Passed, 1, ""));
        }
    }

    fn test_ref(&self, sut: usize, test: usize, name: Name) -> TestRef {
        TestRef { sut_name: Some(sut_name(sut)), node_id: node_id(test, name) }
    }
}

const UNREACHABLE: &str = "ConnectionRefusedError: [Errno 111] no answer from 10.0.0.";
const WRONG: &str = "AssertionError: assert ";
const TIMEOUT: &str = "TimeoutError: the service did not answer within the limit, request ";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Old,
    New,
}

fn sut_name(sut: usize) -> String {
    format!("service-{sut:02}")
}

fn node_id(test: usize, name: Name) -> NodeId {
    let (area, module) = (test / 200, test / 20 % 10);
    let package = if name == Name::New { "moved" } else { "unit" };
    NodeId::new(format!(
        "tests/{package}/area_{area:03}/test_module_{module}.py::TestCase::test_behaviour_{test:06}[a-1]"
    ))
}

fn failure_text(test: usize, place: usize, why: &str) -> String {
    format!(
        "self = <TestCase object at 0x7f{place:06x}{test:04x}>\n\n    def test_behaviour_{test:06}(self):\n>       self.check()\n\
         E       {why}{place}\n\ntests/unit/area/test_module.py:{}: Error",
        test % 900 + 10
    )
}

/// A standard normal variable, after Box and Muller.
fn normal(random: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.f64()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_history() {
        let history = SyntheticHistory { sessions: 20, suts: 2, ..SyntheticHistory::default() };
        let first: Vec<TestSession> = history.sessions().collect();
        assert_eq!(first, history.sessions().collect::<Vec<_>>());
        assert_eq!(first.len(), 40);
        let other = SyntheticHistory { seed: 2, ..history.clone() };
        assert_ne!(first, other.sessions().collect::<Vec<_>>());
        assert_ne!(history.truth(), other.truth());
    }

    #[test]
    fn what_is_planted_is_in_the_sessions() {
        let history = SyntheticHistory { tests: 400, ..SyntheticHistory::default() };
        let truth = history.truth();
        let sessions: Vec<TestSession> = history.sessions().collect();
        let (test, at) = truth.regressed.iter().next().expect("a regression is planted");
        let failed = |session: &TestSession| {
            session.test_results.iter().any(|result| result.node_id == test.node_id && result.outcome.is_failure())
        };
        assert!(sessions[*at..].iter().all(failed));
        let (old, new, at) = truth.renamed.first().expect("a renaming is planted");
        let has = |session: &TestSession, test: &TestRef| {
            session.test_results.iter().any(|result| result.node_id == test.node_id)
        };
        assert!(has(&sessions[at - 1], old) && has(&sessions[*at], new) && !has(&sessions[*at], old));
        let planned = truth.flaky.len() + truth.regressed.len() + truth.mended.len() + truth.shifted.len();
        assert!(planned + truth.renamed.len() + truth.stable.len() > 360, "{planned}");
    }
}
