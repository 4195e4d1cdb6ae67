//! A document to a session.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::addresses::{address, recorded, show};
use super::attempts::{Draft, Shape, group};
use super::problems::{Problem, Problems};
use super::producer::Producer;
use super::raw::{Issue, IssueKind, RawCase, RawDocument, RawSuite};
use super::times::{Stamp, stamp};
use super::totals::Declared;
use super::verdict::judge;
use crate::formats::ReadOptions;
use crate::formats::node_ids::{Evidence, Resolver};
use crate::model::{Ending, NodeId, NodeIdCertainty, TestSession, TimeSource};

/// Makes a session of a document.
pub(super) fn session(mut document: RawDocument, options: &ReadOptions, problems: &mut Problems) -> TestSession {
    let producer = Producer::of(&document);
    let declared = Declared::of(&document);
    let mut session = TestSession { complete: document.whole, totals: declared.totals(), ..TestSession::default() };
    session.ending = (!document.whole).then_some(Ending::Cut);
    times(&document, options, &mut session, problems);
    tags(&mut document, &mut session, problems);
    if document.whole
        && let Some(differences) = declared.differences(&document, producer)
    {
        problems.add(&Problem::Totals(differences), Some(document.line), None);
    }
    let drafts = drafts(document, producer, options, &mut session, problems);
    let (drafts, repeats) = group(drafts, producer, declared.passed());
    for (line, problem) in repeats {
        problems.add(&problem, Some(line), None);
    }
    session.test_results = drafts.into_iter().map(|draft| draft.result).collect();
    session
}

/// Judges each test case.
fn drafts(
    document: RawDocument,
    producer: Producer,
    options: &ReadOptions,
    session: &mut TestSession,
    problems: &mut Problems,
) -> Vec<Draft> {
    let mut resolver = (producer == Producer::Pytest).then(|| {
        let mut evidence = Evidence::default();
        for case in &document.cases {
            show(case, &mut evidence);
        }
        evidence.finish(options.known_node_ids.clone(), options.known_paths.clone())
    });
    let mut drafts = Vec::with_capacity(document.cases.len());
    for case in document.cases {
        if let Some(problem) = left_out(&case, producer, session) {
            problems.add(&problem, Some(case.line), None);
            continue;
        }
        let (node_id, certainty) = match &mut resolver {
            Some(resolver) => pytest_id(&case, resolver),
            None => (other_id(&case, &document.suites), NodeIdCertainty::Exact),
        };
        let (line, issues) = (case.line, case.issues().len());
        let properties = properties(&case, &node_id, certainty, &document.suites, producer);
        let start_time = start_time(&case, options);
        for mut result in judge(case, node_id, certainty, producer) {
            result.start_time = start_time;
            for (name, value) in &properties {
                result.properties.entry(name.clone()).or_insert_with(|| value.clone());
            }
            let shape = Shape::of(&result, issues);
            drafts.push(Draft { result, line, shape });
        }
    }
    drafts
}

/// Returns why a test case is no result, if so.
fn left_out(case: &RawCase, producer: Producer, session: &mut TestSession) -> Option<Problem> {
    let Some(name) = case.name.as_deref().filter(|name| !name.is_empty() || case.classname.is_some()) else {
        return Some(Problem::Nameless);
    };
    let decided = case.issues().iter().any(|issue| issue.kind != IssueKind::Flaky);
    if case.more.as_ref().is_some_and(|more| more.cut) && !decided {
        return Some(Problem::Undecided(name.to_owned()));
    }
    if producer == Producer::Pytest && case.classname.as_deref() == Some("pytest") && name == "internal" {
        session.ending = Some(Ending::InternalError);
        let text = case.issues().iter().find_map(Issue::full_text).unwrap_or_default();
        session.tags.insert("junit.internal-error".to_owned(), text.to_owned());
        let last = text.trim_end().lines().last().unwrap_or_default();
        return Some(Problem::InternalError(last.to_owned()));
    }
    None
}

fn pytest_id(case: &RawCase, resolver: &mut Resolver) -> (NodeId, NodeIdCertainty) {
    if let Some(node_id) = recorded(case) {
        return (NodeId::new(node_id), NodeIdCertainty::Exact);
    }
    let resolved = resolver.resolve(&address(case));
    (resolved.node_id, resolved.certainty)
}

/// The id of a test that is not pytest's: `file::name` where a relative file is named, else `classname::name`, else `suite::name`.
fn other_id(case: &RawCase, suites: &[RawSuite]) -> NodeId {
    let name = case.name.as_deref().unwrap_or_default();
    let relative = |file: &&str| !file.starts_with(['/', '\\']) && file.as_bytes().get(1) != Some(&b':');
    let classname = case.classname.as_deref().filter(|classname| !classname.is_empty());
    let around =
        || std::iter::successors(case.suite, |place| suites.get(*place)?.parent).filter_map(|place| suites.get(place));
    let head = case.file().filter(relative).or(classname);
    let head = head.or_else(|| around().find_map(|suite| suite.file.as_deref().filter(relative)));
    let head = head.or_else(|| around().find_map(|suite| suite.name.as_deref().filter(|name| !name.is_empty())));
    match head {
        Some(head) if head != name => NodeId::new(format!("{head}::{name}")),
        Some(_) | None => NodeId::new(name),
    }
}

/// What a test case says of itself that has no field of its own.
fn properties(
    case: &RawCase,
    node_id: &NodeId,
    certainty: NodeIdCertainty,
    suites: &[RawSuite],
    producer: Producer,
) -> Vec<(String, String)> {
    let mut properties = Vec::new();
    let mut keep = |name: &str, value: &str| properties.push((format!("junit.{name}"), value.to_owned()));
    let classname = case.classname.as_deref().unwrap_or_default();
    let in_id = producer == Producer::Other && node_id.as_str().starts_with(classname);
    if !classname.is_empty() && (certainty == NodeIdCertainty::Inferred || (producer == Producer::Other && !in_id)) {
        keep("classname", classname);
    }
    let name = case.name.as_deref().unwrap_or_default();
    if !node_id.as_str().ends_with(name) {
        keep("name", name);
    }
    if let Some(more) = &case.more {
        let known = [("file", &more.file), ("line", &more.definition_line), ("timestamp", &more.timestamp)];
        for (name, value) in known.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))) {
            keep(name, value);
        }
        for (name, value) in &more.attributes {
            keep(name, value);
        }
        if !more.status.is_empty() {
            keep("status", &more.status.join(" "));
        }
    }
    if producer == Producer::Other
        && let Some(suite) = suite_path(case.suite, suites)
        && suite != classname
        && !node_id.as_str().starts_with(&suite)
    {
        keep("suite", &suite);
    }
    properties.extend(case.more.iter().flat_map(|more| more.properties.iter().cloned()));
    properties
}

/// The names of the suites around a test case, the outermost first.
fn suite_path(suite: Option<usize>, suites: &[RawSuite]) -> Option<String> {
    let mut names: Vec<&str> = std::iter::successors(suite, |place| suites.get(*place)?.parent)
        .filter_map(|place| suites.get(place)?.name.as_deref().filter(|name| !name.is_empty()))
        .collect();
    names.reverse();
    (!names.is_empty()).then(|| names.join(" > "))
}

fn start_time(case: &RawCase, options: &ReadOptions) -> Option<DateTime<Utc>> {
    match stamp(case.more.as_ref()?.timestamp.as_deref()?, options.timezone) {
        Stamp::Known(time) => Some(time),
        Stamp::Naive | Stamp::Unreadable => None,
    }
}

/// Fills in when the run began and how long it took.
fn times(document: &RawDocument, options: &ReadOptions, session: &mut TestSession, problems: &mut Problems) {
    let outermost: Vec<&RawSuite> = document.suites.iter().filter(|suite| suite.parent.is_none()).collect();
    let mut starts: Vec<(DateTime<Utc>, Option<Duration>)> = Vec::new();
    for suite in document.root.iter().chain(outermost.iter().copied()) {
        let Some(text) = suite.timestamp.as_deref() else { continue };
        match stamp(text, options.timezone) {
            Stamp::Known(time) => starts.push((time, suite.time)),
            Stamp::Naive => {
                session.tags.entry("junit.timestamp".to_owned()).or_insert_with(|| text.to_owned());
                problems.add(&Problem::NaiveTime(text.to_owned()), Some(suite.line), None);
            }
            Stamp::Unreadable => {
                session.tags.entry("junit.timestamp".to_owned()).or_insert_with(|| text.to_owned());
                problems.add(&Problem::Value(format!("'{text}' is no time stamp")), Some(suite.line), None);
            }
        }
    }
    session.session_start_time = starts.iter().map(|(start, _)| *start).min();
    session.time_source = session.session_start_time.map(|_| TimeSource::Report);
    session.session_duration =
        document.root.as_ref().and_then(|root| root.time).or_else(|| match outermost.as_slice() {
            [suite] => suite.time,
            _ if starts.len() == outermost.len() => span(&starts),
            _ => None,
        });
}

/// The time from the first start to the last end, where each end is known.
fn span(starts: &[(DateTime<Utc>, Option<Duration>)]) -> Option<Duration> {
    let first = starts.iter().map(|(start, _)| *start).min()?;
    let ends: Option<Vec<Duration>> =
        starts.iter().map(|(start, time)| Some((*start - first).to_std().ok()? + (*time)?)).collect();
    ends?.into_iter().max()
}

/// Fills the tags from the suites' properties and host names.
fn tags(document: &mut RawDocument, session: &mut TestSession, problems: &mut Problems) {
    let tags: &mut BTreeMap<String, String> = &mut session.tags;
    for suite in document.root.iter_mut().chain(&mut document.suites) {
        let properties = std::mem::take(&mut suite.properties);
        let hostname = suite.hostname.take().map(|hostname| ("hostname".to_owned(), hostname));
        for (name, value) in properties.into_iter().chain(hostname) {
            match tags.get(&name) {
                Some(first) if *first != value => {
                    problems.add(&Problem::PropertyConflict(name), Some(suite.line), None);
                }
                Some(_) => {}
                None => {
                    tags.insert(name, value);
                }
            }
        }
    }
}
