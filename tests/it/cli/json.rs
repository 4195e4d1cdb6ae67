//! JSON answers, read back through mirrors that know every field: a field that comes or goes is noticed here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::sandbox::Sandbox;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionList {
    schema: String,
    matching: u64,
    sessions: Vec<SessionEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that each field is there, of its type, is what is tested")]
struct SessionEntry {
    session_id: String,
    sut_name: Option<String>,
    session_start_time: Option<String>,
    session_stop_time: Option<String>,
    time_source: Option<String>,
    session_duration_us: Option<u64>,
    standing: String,
    complete: bool,
    ending: Option<String>,
    exit_status: Option<i32>,
    counts: Counts,
    pass_rate: serde_json::Value,
    totals: Option<BTreeMap<String, u64>>,
    environment: Environment,
    tags: BTreeMap<String, String>,
    formats: Vec<String>,
    ingested_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counts {
    tests: u64,
    passed: u64,
    failed: u64,
    errors: u64,
    skipped: u64,
    xfailed: u64,
    xpassed: u64,
    #[expect(dead_code, reason = "attempts are no tests")]
    rerun: u64,
    unfinished: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that each field is there, of its type, is what is tested")]
struct Environment {
    pytest: Option<String>,
    python: Option<String>,
    platform: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SutList {
    schema: String,
    matching: u64,
    suts: Vec<Sut>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that each field is there, of its type, is what is tested")]
struct Sut {
    sut_name: String,
    sessions: u64,
    first_start_time: Option<String>,
    last_start_time: Option<String>,
    latest: Latest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that each field is there, of its type, is what is tested")]
struct Latest {
    session_id: String,
    standing: String,
    counts: Counts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ingest {
    schema: String,
    dry_run: bool,
    summary: Summary,
    files: Vec<File>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that each field is there, of its type, is what is tested")]
struct Summary {
    files: u64,
    bytes: u64,
    fates: BTreeMap<String, u64>,
    sessions_added: u64,
    results_added: u64,
    sessions_already_in_history: u64,
    sessions_in_conflict: u64,
    added_by_format: BTreeMap<String, Tally>,
    sessions_by_sut: BTreeMap<String, u64>,
    sessions_incomplete: u64,
    problems: BTreeMap<String, u64>,
    secrets_masked: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that each field is there, of its type, is what is tested")]
struct Tally {
    files: u64,
    sessions: u64,
    results: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that each field is there, of its type, is what is tested")]
struct File {
    path: String,
    bytes: u64,
    fate: String,
    format: Option<String>,
    sessions: Vec<SessionFate>,
    kind: Option<String>,
    reason: Option<String>,
    help: Option<String>,
    diagnostics: Vec<insight::wire::Diagnostic>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that each field is there, of its type, is what is tested")]
struct SessionFate {
    session_id: String,
    fate: String,
    results: u64,
    conflict: Option<Conflict>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that each field is there, of its type, is what is tested")]
struct Conflict {
    with: String,
    policy: String,
}

#[expect(clippy::panic, reason = "the answer is no JSON: the test fails with what was said")]
fn answer<Document: DeserializeOwned>(sandbox: &Sandbox, line: &str) -> Document {
    let said = sandbox.run(line);
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error} in the answer to {line}: {said}"))
}

#[test]
fn answers_have_the_fields_they_are_known_for() {
    let mut sandbox = Sandbox::new();
    sandbox.set("INSIGHT_HISTORY", "history");
    let ingest: Ingest = answer(&sandbox, "ingest -r samples/demo --sut demo --tz UTC --format json");
    assert_eq!((ingest.schema.as_str(), ingest.dry_run), ("insight.ingest/1", false));
    assert_eq!(ingest.summary.files, ingest.files.len() as u64);

    let list: SessionList = answer(&sandbox, "session list --all --format json");
    assert_eq!((list.schema.as_str(), list.matching), ("insight.session-list/1", ingest.summary.sessions_added));
    for session in &list.sessions {
        let counts = &session.counts;
        let parts = [counts.passed, counts.failed, counts.errors, counts.skipped, counts.xfailed, counts.xpassed];
        assert_eq!(counts.tests, parts.iter().sum::<u64>() + counts.unfinished);
    }

    let suts: SutList = answer(&sandbox, "sut list --format json");
    assert_eq!((suts.schema.as_str(), suts.suts.len(), suts.matching), ("insight.sut-list/1", 1, 1));

    let session: insight::wire::Document = answer(&sandbox, "session show latest --format json");
    assert_eq!(session.schema, insight::wire::SCHEMA);
}
