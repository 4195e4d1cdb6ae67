//! A document to a session.

use std::collections::BTreeMap;

use super::attempts::group;
use super::cases::Room;
use super::drafts::Drafts;
use super::ids::{INTERNAL, Ids, Named};
use super::problems::{Problem, Problems};
use super::producer::Producer;
use super::raw::{Issue, IssueKind, Names, RawCase, RawDocument, RawSuite};
use super::suites::TestOutput;
use super::times::known;
use super::totals::Declared;
use super::verdict::judge;
use super::{clock, describe, subtests, suites};
use crate::formats::ReadOptions;
use crate::formats::properties::add_recorded;
use crate::model::{Ending, NodeId, Outcome, TestResult, TestSession};

/// Makes a session of a document.
pub(super) fn session(mut document: RawDocument, options: &ReadOptions, problems: &mut Problems) -> TestSession {
    let producer = Producer::of(&document);
    let declared = Declared::of(&document);
    let mut session = TestSession { complete: document.whole, totals: declared.totals(), ..TestSession::default() };
    session.ending = (!document.whole).then_some(Ending::Cut);
    clock::set(&document, options.timezone, &mut session, problems);
    if document.whole
        && let Some(differences) = declared.differences(&document, producer)
    {
        problems.add(&Problem::Totals(differences), Some(document.line), None);
    }
    suites::set_tags(&mut document, producer, &mut session, problems);
    let output = suites::set_output(&mut document, &mut session);
    let suite_results = suites::own_results(&mut document, producer);
    let recent =
        document.suites.iter().any(|suite| suite.timestamp.as_deref().is_some_and(|text| known(text, None).is_some()));
    let totals = subtests::Totals { passed: declared.passed(), recent };
    let (mut drafts, undecided) = drafts(document, output, &Reading { producer, options }, &mut session, problems);
    if producer == Producer::Pytest {
        subtests::tell_skips(&mut drafts, &totals, problems);
    }
    group(&mut drafts, producer, declared.passed(), problems);
    if let Some(node_id) = undecided.filter(|_| producer == Producer::Pytest) {
        drafts.leave_undecided(&node_id);
    }
    session.test_results = drafts.into_results();
    session.test_results.extend(suite_results);
    suites::move_to_tests(&mut session);
    session
}

/// Whose document is read, and what the reader was told.
struct Reading<'options> {
    producer: Producer,
    options: &'options ReadOptions,
}

/// Judges each test case; returns the test, too, that the document ends in, and of which it does not tell what it came to.
fn drafts(
    mut document: RawDocument,
    mut output: TestOutput,
    reading: &Reading<'_>,
    session: &mut TestSession,
    problems: &mut Problems,
) -> (Drafts, Option<NodeId>) {
    let mut ids = Ids::of(&mut document, reading.producer, reading.options);
    let room = Room::of(reading.options);
    let mut drafts = Drafts::new(document.cases.results(&room), &room, document.cases.len());
    let RawDocument { mut cases, mut names, suites, .. } = document;
    let mut place = 0;
    let mut undecided = None;
    cases.take_each(&mut names, |mut case, names| {
        if !output.is_empty()
            && let Some((out, err)) = output.remove(&place)
        {
            case.extras().system_out.extend(Some(out).filter(|out| !out.is_empty()));
            case.extras().system_err.extend(Some(err).filter(|err| !err.is_empty()));
        }
        place += 1;
        if let Some((node_id, certainty)) = ids.again(&case, names) {
            let mut result = TestResult::new(node_id, Outcome::Passed);
            result.node_id_certainty = certainty;
            result.duration = case.time;
            drafts.push(result, case.class, case.line, 0);
        } else if let Some(problem) = left_out(&case, names, reading.producer, session) {
            problems.add(&problem, Some(case.line), None);
            if let Problem::Undecided(_) = problem {
                undecided = Some(ids.name(&case, names, &suites).node_id);
            }
        } else {
            let named = ids.name(&case, names, &suites);
            draft(case, named, &suites, reading, &mut drafts);
        }
    });
    if let Some(fault) = cases.fault() {
        drafts.set_fault(fault);
    }
    (drafts, undecided)
}

/// Judges a test case that has a name.
fn draft(mut case: RawCase, mut named: Named, suites: &[RawSuite], reading: &Reading<'_>, drafts: &mut Drafts) {
    let mut more = case.more.take();
    let extras = more.as_mut().and_then(|more| more.extras.as_deref_mut());
    let properties = describe::properties(&mut named, extras, case.suite, suites, reading.producer);
    let mut result = TestResult::new(named.node_id, Outcome::Passed);
    result.node_id_certainty = named.certainty;
    result.duration = case.time;
    if !properties.is_empty() {
        let mut all = BTreeMap::new();
        add_recorded(&mut all, properties);
        result.properties = all.into();
    }
    match more {
        None => drafts.push(result, case.class, case.line, 0),
        Some(more) => {
            let issues = more.issues.len();
            for result in judge(result, *more, reading.producer, reading.options.timezone) {
                drafts.push(result, case.class, case.line, issues);
            }
        }
    }
}

/// Returns why a test case is no result, if so.
fn left_out(case: &RawCase, names: &Names, producer: Producer, session: &mut TestSession) -> Option<Problem> {
    let (classname, name) = (names.classname(case), names.name(case));
    if name.is_empty() && (classname.is_empty() || producer == Producer::Pytest) {
        let is_trace = producer == Producer::Pytest && classname.is_empty() && case.more.is_none();
        return Some(if is_trace { Problem::BrokenOff } else { Problem::Nameless });
    }
    let is_cut = case.more.as_ref().is_some_and(|more| more.cut);
    if is_cut && !case.issues().iter().any(|issue| decides(issue, producer)) {
        return Some(Problem::Undecided(name.to_owned()));
    }
    if producer == Producer::Pytest && classname == "pytest" && name == INTERNAL {
        session.ending = Some(Ending::InternalError);
        let text = case.issues().iter().find_map(Issue::full_text).unwrap_or_default();
        session.tags.insert("junit.internal-error".to_owned(), text.to_owned());
        let last = text.trim_end().lines().last().unwrap_or_default();
        return Some(Problem::InternalError(last.to_owned()));
    }
    None
}

/// Whether an issue tells the outcome of a test case that was cut off behind or inside it.
fn decides(issue: &Issue, producer: Producer) -> bool {
    match issue.kind {
        IssueKind::Failure | IssueKind::Rerun => true,
        // pytest says in the message whether setup, teardown or collection broke.
        IssueKind::Error => producer == Producer::Other || issue.message.is_some(),
        // A teardown may have broken behind a skip, and an earlier attempt says nothing of the last.
        IssueKind::Skipped | IssueKind::Flaky => false,
    }
}
