//! The facts of the run as a whole, each from the file that carries it best.

use super::part::Part;
use crate::diagnostic::Diagnostic;
use crate::model::{Ending, Environment, Format, TestSession, TestWarning};

/// Files whose runs are further apart than this, in seconds, are not of one run.
const APART: i64 = 60;

/// The order of the formats for one kind of fact.
type Order = [Option<Format>; 6];

const TIMES: Order = [
    Some(Format::JsonReport),
    Some(Format::JunitXml),
    Some(Format::Ctrf),
    Some(Format::Terminal),
    Some(Format::ReportLog),
    None,
];
const TOTALS: Order = [
    Some(Format::Terminal),
    Some(Format::JsonReport),
    Some(Format::JunitXml),
    Some(Format::Ctrf),
    Some(Format::ReportLog),
    None,
];
const WARNINGS: Order = [
    Some(Format::ReportLog),
    Some(Format::JsonReport),
    Some(Format::Terminal),
    Some(Format::JunitXml),
    Some(Format::Ctrf),
    None,
];
const ENVIRONMENT: Order = [
    Some(Format::JsonReport),
    Some(Format::Terminal),
    Some(Format::ReportLog),
    Some(Format::JunitXml),
    Some(Format::Ctrf),
    None,
];

/// Returns the session of the parts, which come best first, without its results; and what there is to say about contradictions.
pub(super) fn join(parts: &[Part]) -> (TestSession, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let sessions = || parts.iter().map(|part| &part.session);
    let mut joined = TestSession {
        sut_name: sessions().find_map(|session| session.sut_name.clone()),
        complete: is_complete(parts),
        exit_status: sessions().find_map(|session| session.exit_status),
        environment: environment(parts),
        totals: ordered(parts, &TOTALS).find_map(|session| session.totals.clone()),
        warnings: warnings(parts),
        ending: ending(parts),
        ..TestSession::default()
    };
    for session in sessions() {
        for source in &session.source {
            let is_known = joined.source.iter().any(|known| known.sha256.is_some() && known.sha256 == source.sha256);
            if !is_known {
                joined.source.push(source.clone());
            }
        }
        for (key, value) in &session.tags {
            joined.tags.entry(key.clone()).or_insert_with(|| value.clone());
        }
        if joined.output_fields.is_empty() {
            joined.output_fields = session.output_fields.clone();
        }
    }
    // What the dots of a console log stand for, a file that names every test names.
    if !parts.iter().any(Part::is_whole_list) {
        joined.files =
            sessions().map(|session| &session.files).find(|files| !files.is_empty()).cloned().unwrap_or_default();
    }
    add_times(parts, &mut joined);
    contradictions(parts, &mut diagnostics);
    (joined, diagnostics)
}

/// The run is known to its end if a file that names every test is whole; a console log alone does not name them, so without such a file all
/// of them must be whole.
fn is_complete(parts: &[Part]) -> bool {
    parts.iter().any(Part::is_whole_list) || parts.iter().all(|part| part.session.complete)
}

/// Returns the sessions in the order of their formats.
fn ordered<'a>(parts: &'a [Part], order: &'a Order) -> impl Iterator<Item = &'a TestSession> {
    order.iter().flat_map(|format| parts.iter().filter(move |part| part.format == *format)).map(|part| &part.session)
}

fn add_times(parts: &[Part], joined: &mut TestSession) {
    let with_start = ordered(parts, &TIMES).find(|session| session.session_start_time.is_some());
    if let Some(session) = with_start {
        joined.session_start_time = session.session_start_time;
        joined.time_source = session.time_source;
        joined.session_stop_time = session.session_stop_time;
    }
    joined.session_duration = ordered(parts, &TIMES).find_map(|session| session.session_duration);
    if joined.session_stop_time.is_none() {
        joined.session_stop_time = ordered(parts, &TIMES).find_map(|session| session.session_stop_time);
    }
}

fn environment(parts: &[Part]) -> Environment {
    let mut joined = Environment::default();
    for session in ordered(parts, &ENVIRONMENT) {
        let other = &session.environment;
        let fields = [
            (&mut joined.pytest, &other.pytest),
            (&mut joined.python, &other.python),
            (&mut joined.platform, &other.platform),
            (&mut joined.rootdir, &other.rootdir),
        ];
        for (known, other) in fields {
            if known.is_none() {
                known.clone_from(other);
            }
        }
        for (name, version) in &other.plugins {
            let known = joined.plugins.entry(name.clone()).or_default();
            if known.is_none() {
                known.clone_from(version);
            }
        }
    }
    joined
}

/// Returns the warnings of the first file that has any; a warning whose test it does not know gets that of an equal one in another file.
fn warnings(parts: &[Part]) -> Vec<TestWarning> {
    let mut lists = ordered(parts, &WARNINGS).map(|session| &session.warnings).filter(|list| !list.is_empty());
    let Some(mut joined) = lists.next().cloned() else { return Vec::new() };
    for list in lists {
        let mut named: Vec<&TestWarning> = list.iter().filter(|warning| warning.node_id.is_some()).collect();
        for warning in joined.iter_mut().filter(|warning| warning.node_id.is_none()) {
            let is_equal = |other: &&TestWarning| {
                other.message == warning.message && (other.category.is_none() || other.category == warning.category)
            };
            if let Some(at) = named.iter().position(is_equal) {
                warning.node_id.clone_from(&named.swap_remove(at).node_id);
            }
        }
    }
    joined
}

fn ending(parts: &[Part]) -> Option<Ending> {
    let weight = |ending: &Ending| match ending {
        Ending::Cut => 0,
        Ending::Finished => 1,
        Ending::Stopped => 2,
        Ending::UsageError => 3,
        Ending::Interrupted => 4,
        Ending::InternalError => 5,
        Ending::Crashed => 6,
    };
    // That a file ends early says nothing of a run that another file tells to its end.
    let cut_counts = !is_complete(parts);
    let endings = parts.iter().filter_map(|part| part.session.ending);
    endings.filter(|ending| cut_counts || *ending != Ending::Cut).max_by_key(weight)
}

/// Says where the files do not look like those of one run.
fn contradictions(parts: &[Part], diagnostics: &mut Vec<Diagnostic>) {
    let mut compare = |what: &str, values: Vec<(&'static str, String)>| {
        let Some((first, rest)) = values.split_first() else { return };
        if let Some(other) = rest.iter().find(|other| other.1 != first.1) {
            let message = format!("{} says the {what} is {}, {} says {}", first.0, first.1, other.0, other.1);
            diagnostics
                .push(Diagnostic::warning("join-different-runs", message).with_help("are these the files of one run?"));
        }
    };
    let pytest = |part: &Part| Some((part.name(), part.session.environment.pytest.clone()?));
    compare("version of pytest", parts.iter().filter_map(pytest).collect());
    let exit = |part: &Part| Some((part.name(), part.session.exit_status?.to_string()));
    compare("exit status", parts.iter().filter_map(exit).collect());
    let starts: Vec<_> =
        parts.iter().filter_map(|part| Some((part.name(), part.session.session_start_time?))).collect();
    let earliest = starts.iter().min_by_key(|(_, start)| *start);
    let latest = starts.iter().max_by_key(|(_, start)| *start);
    let longest = parts.iter().filter_map(|part| part.session.session_duration).max().unwrap_or_default();
    if let (Some(earliest), Some(latest)) = (earliest, latest) {
        let apart = latest.1 - earliest.1;
        let allowed = chrono::TimeDelta::from_std(longest).unwrap_or_default() + chrono::TimeDelta::seconds(APART);
        if apart > allowed {
            let message = format!("{} begins {} seconds after {}", latest.0, apart.num_seconds(), earliest.0);
            diagnostics.push(
                Diagnostic::warning("join-different-runs", message)
                    .with_help("are these the files of one run, and is the time zone right?"),
            );
        }
    }
}
