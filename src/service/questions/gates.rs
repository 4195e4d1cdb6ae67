//! Gates for CI: conditions under which an answer is a no.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::compare::ComparisonAnswer;
use super::names::{AskError, newest_first};
use super::remembered::Remembered;
use crate::analysis::{
    self, ComparisonReport, DifferenceKind, Filter, LeftOutReason, Pairing, PassRate, Source, TestRef, Window,
};
use crate::model::{Ratio, SessionId};

/// How many tests a gate names.
const NAMED: usize = 10;

/// A condition under which the answer is a no. A comparison whose target may not be the whole is a no at every gate.
///
/// | gate | of a comparison | of all else |
/// |---|---|---|
/// | `new-failures` | a test fails in the target and did not in the base | a test fails in the latest session of its system and did not in the one before |
/// | `flaky` | a test of the target's sessions is flaky | a test is flaky |
/// | `regressions` | a test fails significantly more often, or takes significantly longer | a test began to fail and still does |
/// | `pass-rate<95%` | the target's pass rate is lower, or unknown | the pass rate is lower, or unknown |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// `new-failures`
    NewFailures,
    /// `flaky`
    Flaky,
    /// `regressions`
    Regressions,
    /// `pass-rate<95%`
    PassRateBelow(Ratio),
}

/// What is no gate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a gate is new-failures, flaky, regressions or pass-rate<95%")]
pub struct GateError;

impl FromStr for Gate {
    type Err = GateError;

    fn from_str(text: &str) -> Result<Gate, GateError> {
        match text {
            "new-failures" => Ok(Gate::NewFailures),
            "flaky" => Ok(Gate::Flaky),
            "regressions" => Ok(Gate::Regressions),
            other => {
                let percent =
                    other.strip_prefix("pass-rate<").and_then(|rest| rest.strip_suffix('%')).ok_or(GateError)?;
                let (whole, decimals) = percent.split_once('.').unwrap_or((percent, ""));
                let thousandths = decimals.len() <= 3 && !whole.is_empty() && whole.len() <= 3;
                let digits = format!("{whole}{decimals:0<3}");
                let part: u64 = digits.parse().ok().filter(|_| thousandths).ok_or(GateError)?;
                (part <= 100_000).then_some(Gate::PassRateBelow(Ratio { part, whole: 100_000 })).ok_or(GateError)
            }
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gate::NewFailures => formatter.write_str("new-failures"),
            Gate::Flaky => formatter.write_str("flaky"),
            Gate::Regressions => formatter.write_str("regressions"),
            Gate::PassRateBelow(least) => write!(formatter, "pass-rate<{}%", least.part as f64 / 1_000.0),
        }
    }
}

/// What a gate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateVerdict {
    /// The gate.
    pub gate: Gate,
    /// Why it says no; `None` where it does not.
    pub refusal: Option<String>,
    /// What it says no because of: some tests by name.
    pub evidence: Vec<String>,
}

/// Returns what gates say of a comparison.
pub fn check_comparison_gates(
    source: &dyn Source,
    answer: &ComparisonAnswer,
    gates: &[Gate],
) -> Result<Vec<GateVerdict>, AskError> {
    let doubt = doubt(&answer.report);
    let verdict = |gate: &Gate| {
        Ok(match gate {
            Gate::NewFailures => {
                of_tests(*gate, "fails that did not", "fail that did not", new_failures(&answer.report))
            }
            Gate::Regressions => {
                let worse = answer.report.outcomes.iter().filter(|difference| {
                    let worse = matches!(difference.kind, DifferenceKind::NewFailure | DifferenceKind::Worse);
                    worse && difference.significance.is_significant()
                });
                let slower = answer.report.slower.iter().map(|difference| &difference.test);
                let tests = worse.map(|difference| &difference.test).chain(slower).map(name).collect();
                of_tests(*gate, "is significantly worse or slower", "are significantly worse or slower", tests)
            }
            Gate::Flaky => flaky(source, *gate, &answer.target_filter)?,
            Gate::PassRateBelow(least) => pass_rate(*gate, *least, answer.report.target.pass_rate),
        })
    };
    let or_doubt = |verdict: Result<GateVerdict, AskError>| {
        let mut verdict = verdict?;
        verdict.refusal = verdict.refusal.or_else(|| doubt.clone());
        Ok(verdict)
    };
    gates.iter().map(verdict).map(or_doubt).collect()
}

/// Returns why nothing good can be said of a target, whatever is told of it: it may not be the whole.
fn doubt(report: &ComparisonReport) -> Option<String> {
    let (base, target) = (&report.base.scope, &report.target.scope);
    let said = if target.sessions == 0 {
        "nothing is known of the target: it has no session that counts"
    } else if base.sessions == 0 && base.left_out_for(LeftOutReason::Pruned) > 0 {
        "nothing is known of the base: its results were pruned"
    } else if !report.target.is_whole {
        "the target does not tell of every test: it was cut, broke, or leaves failures unnamed"
    } else {
        return None;
    };
    Some(said.to_owned())
}

/// Returns what gates say of the sessions that a filter admits.
///
/// ```
/// use insight::analysis::{Filter, MemorySource, synthetic::SyntheticHistory};
///
/// let history = SyntheticHistory { sessions: 40, tests: 60, ..SyntheticHistory::default() };
/// let source = MemorySource::new(history.sessions());
/// let verdicts = insight::service::check_gates(&source, &Filter::default(), &["pass-rate<10%".parse()?])?;
/// assert_eq!(verdicts[0].refusal, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_gates(source: &dyn Source, filter: &Filter, gates: &[Gate]) -> Result<Vec<GateVerdict>, AskError> {
    let source = &Remembered::new(source);
    let verdict = |gate: &Gate| {
        Ok(match gate {
            Gate::NewFailures => {
                let tests = latest_new_failures(source, filter)?;
                of_tests(
                    *gate,
                    "fails in the latest session that did not in the one before",
                    "fail in the latest session that did not in the one before",
                    tests,
                )
            }
            Gate::Regressions => {
                let report = analysis::regressions(source, filter)?;
                let tests = report.tests.iter().filter(|test| test.is_regression()).map(|test| name(&test.test));
                of_tests(*gate, "began to fail and still does", "began to fail and still do", tests.collect())
            }
            Gate::Flaky => flaky(source, *gate, filter)?,
            Gate::PassRateBelow(least) => pass_rate(*gate, *least, analysis::rates(source, filter)?.total.pass_rate),
        })
    };
    gates.iter().map(verdict).collect()
}

fn flaky(source: &dyn Source, gate: Gate, filter: &Filter) -> Result<GateVerdict, AskError> {
    let report = analysis::flaky(source, filter)?;
    let tests = report.tests.iter().map(|test| name(&test.test)).collect();
    Ok(of_tests(gate, "is flaky", "are flaky", tests))
}

fn new_failures(report: &ComparisonReport) -> Vec<String> {
    let new = report
        .outcomes
        .iter()
        .filter(|difference| matches!(difference.kind, DifferenceKind::NewFailure | DifferenceKind::AddedFailing));
    new.map(|difference| name(&difference.test)).collect()
}

/// Compares the latest session of each system under test with the one before. A system with one session has nothing new.
fn latest_new_failures(source: &dyn Source, filter: &Filter) -> Result<Vec<String>, AskError> {
    let mut by_sut: BTreeMap<Option<String>, Vec<SessionId>> = BTreeMap::new();
    for session in newest_first(&source.sessions(filter)?.rows) {
        by_sut.entry(session.sut_name.clone()).or_default().push(session.session_id.clone());
    }
    by_sut.retain(|_, sessions| sessions.len() > 1);
    if by_sut.is_empty() {
        return Ok(Vec::new());
    }
    let side = |place: usize| {
        let session_ids = by_sut.values().filter_map(|sessions| sessions.get(place).cloned()).collect();
        Filter { session_ids, window: Window::default(), ..filter.clone() }
    };
    Ok(new_failures(&analysis::compare(source, &side(1), &side(0), Pairing::SameSut)?))
}

fn of_tests(gate: Gate, one: &str, many: &str, tests: Vec<String>) -> GateVerdict {
    let refusal = match tests.len() {
        0 => None,
        1 => Some(format!("1 test {one}")),
        more => Some(format!("{more} tests {many}")),
    };
    GateVerdict { gate, refusal, evidence: tests.into_iter().take(NAMED).collect() }
}

fn pass_rate(gate: Gate, least: Ratio, rate: PassRate) -> GateVerdict {
    let Ratio { part, whole } = rate.ratio;
    let below = u128::from(part) * u128::from(least.whole) < u128::from(least.part) * u128::from(whole);
    let refusal = if whole == 0 {
        Some("the pass rate is not known: no test passed or failed".to_owned())
    } else {
        below.then(|| format!("the pass rate is {}: {part} of {whole} passed", rate.ratio))
    };
    GateVerdict { gate, refusal, evidence: Vec::new() }
}

fn name(test: &TestRef) -> String {
    match &test.sut_name {
        Some(sut_name) => format!("{sut_name} {}", test.node_id),
        None => test.node_id.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_are_read_as_they_are_written() {
        for text in ["new-failures", "flaky", "regressions", "pass-rate<95%", "pass-rate<99.5%", "pass-rate<100%"] {
            assert_eq!(text.parse::<Gate>().map(|gate| gate.to_string()), Ok(text.to_owned()));
        }
        for text in [
            "",
            "new",
            "pass-rate",
            "pass-rate<95",
            "pass-rate<101%",
            "pass-rate<%",
            "pass-rate<-1%",
            "pass-rate<1.2345%",
        ] {
            assert_eq!(text.parse::<Gate>(), Err(GateError), "{text}");
        }
    }

    #[test]
    fn a_pass_rate_is_held_against_the_exact_share_and_unknown_is_a_no() {
        let gate: Gate = "pass-rate<95%".parse().expect("a gate");
        let Gate::PassRateBelow(least) = gate else { panic!("{gate:?}") };
        let refused = |passed, failed| pass_rate(gate, least, PassRate::new(passed, failed)).refusal;
        assert_eq!(refused(95, 5), None);
        assert_eq!(refused(949, 51).as_deref(), Some("the pass rate is 94.9%: 949 of 1000 passed"));
        assert_eq!(refused(0, 0).as_deref(), Some("the pass rate is not known: no test passed or failed"));
    }
}
