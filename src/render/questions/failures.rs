//! Why tests break.

use serde::Serialize;

use super::RowAnswer;
use super::parts::{PointEntry, ScopeEntry, head, left_out, session_span};
use crate::analysis::{FailureCluster, FailureHit, FailuresReport};
use crate::render::human;
use crate::render::page::{Block, Column, Fit, Grid, Layout, Page, Span, Tone};

/// How many tests of a reason a page names.
const NAMED: usize = 3;

/// What there is once of failures.
#[derive(Debug, Serialize)]
pub(crate) struct FailuresHead {
    scope: ScopeEntry,
    failures: u64,
}

/// Failures for the same reason.
#[derive(Debug, Serialize, Default)]
pub(crate) struct ClusterEntry {
    key: String,
    exception: Option<String>,
    message: String,
    location: Option<String>,
    failures: u64,
    repeated: u64,
    tests: u64,
    sessions: u64,
    sut_names: Vec<Option<String>>,
    first_seen: PointEntry,
    last_seen: PointEntry,
    members: Vec<String>,
    top_tests: Vec<HitEntry>,
}

#[derive(Debug, Serialize, Default)]
struct HitEntry {
    sut_name: Option<String>,
    nodeid: String,
    failures: u64,
    last_session: PointEntry,
}

impl From<&FailureCluster> for ClusterEntry {
    fn from(cluster: &FailureCluster) -> ClusterEntry {
        let hit = |hit: &FailureHit| HitEntry {
            sut_name: hit.test.sut_name.clone(),
            nodeid: hit.test.node_id.to_string(),
            failures: hit.failures,
            last_session: hit.last_session.as_ref().into(),
        };
        ClusterEntry {
            key: cluster.key.to_string(),
            exception: cluster.signature.exception.clone(),
            message: cluster.signature.message.clone(),
            location: cluster.signature.location.clone(),
            failures: cluster.failures,
            repeated: cluster.repeated,
            tests: cluster.tests,
            sessions: cluster.sessions,
            sut_names: cluster.sut_names.clone(),
            first_seen: cluster.first_seen.as_ref().into(),
            last_seen: cluster.last_seen.as_ref().into(),
            members: cluster.members.iter().map(ToString::to_string).collect(),
            top_tests: cluster.top_tests.iter().map(hit).collect(),
        }
    }
}

impl RowAnswer for FailuresReport {
    const SCHEMA: &'static str = "insight.failures/1";
    const ROWS: &'static str = "clusters";
    type Head = FailuresHead;
    type Row = ClusterEntry;

    fn head(&self) -> FailuresHead {
        FailuresHead { scope: (&self.scope).into(), failures: self.failures }
    }

    fn rows(&self) -> Vec<ClusterEntry> {
        self.clusters.iter().map(ClusterEntry::from).collect()
    }

    fn scope(&self) -> Option<&crate::analysis::Scope> {
        Some(&self.scope)
    }

    fn to_page(&self, layout: &Layout) -> Page {
        let mut page = Page::default();
        let title = match self.failures {
            0 => "No failures".to_owned(),
            failures => format!("Why tests fail: {}", human::count(failures, "failure", "failures")),
        };
        head(&mut page, title, &self.scope, layout);
        for cluster in &self.clusters {
            describe(&mut page, cluster, layout);
        }
        left_out(&mut page, &self.scope);
        page
    }
}

/// Adds one reason: what it is, how often, since when, and the tests that it hits most.
fn describe(page: &mut Page, cluster: &FailureCluster, layout: &Layout) {
    let title = vec![
        Span::new(Tone::Bad, format!("{}x ", cluster.failures)),
        Span::new(Tone::Crash, cluster.signature.to_string()),
    ];
    page.push(Block::Heading(3, title));
    let mut facts =
        vec![format!("{} in {}", tests(cluster.tests), human::count(cluster.sessions, "session", "sessions"))];
    if cluster.repeated > 0 {
        facts.push(format!("{} repeated", cluster.repeated));
    }
    if let Some(suts) = sut_text(cluster) {
        facts.push(suts);
    }
    facts.push(seen(cluster, layout));
    facts.push(format!("key {}", cluster.key));
    let mut lines = vec![vec![Span::plain("  "), Span::new(Tone::Faint, facts.join("; "))]];
    if let Some(location) = &cluster.signature.location {
        lines.push(vec![Span::plain("  at "), Span::new(Tone::Name, location)]);
    }
    for hit in cluster.top_tests.iter().take(NAMED) {
        lines.push(vec![
            Span::plain(format!("  {:>4}x ", hit.failures)),
            Span::new(Tone::Name, hit.test.node_id.as_str()),
            Span::new(Tone::Faint, format!("  last {}", session_span(hit.last_session.as_ref(), layout).text)),
        ]);
    }
    let unnamed = cluster.tests.saturating_sub(NAMED as u64);
    if unnamed > 0 {
        lines.push(vec![Span::new(Tone::Faint, format!("        and {} more", tests(unnamed)))]);
    }
    page.push(Block::List(lines));
}

fn tests(number: u64) -> String {
    human::count(number, "test", "tests")
}

fn sut_text(cluster: &FailureCluster) -> Option<String> {
    match cluster.sut_names.as_slice() {
        [Some(one)] => Some(one.clone()),
        [] | [None] => None,
        several => Some(format!("{} systems", several.len())),
    }
}

fn seen(cluster: &FailureCluster, layout: &Layout) -> String {
    let first = session_span(cluster.first_seen.as_ref(), layout).text;
    let last = session_span(cluster.last_seen.as_ref(), layout).text;
    if first == last { format!("seen {first}") } else { format!("first {first}, last {last}") }
}

/// Returns a short table of reasons.
pub(super) fn cluster_grid(clusters: &[FailureCluster], layout: &Layout) -> Grid {
    let columns = vec![
        Column::number("FAILURES"),
        Column::text("WHY").fit(Fit::ShortenEnd(30)),
        Column::number("TESTS"),
        Column::number("SESSIONS").rank(2),
        Column::text("FIRST SEEN").rank(3),
        Column::text("LAST SEEN").rank(1),
    ];
    let row = |cluster: &FailureCluster| {
        vec![
            Span::new(Tone::Bad, cluster.failures.to_string()),
            Span::new(Tone::Crash, cluster.signature.to_string()),
            Span::plain(cluster.tests.to_string()),
            Span::plain(cluster.sessions.to_string()),
            session_span(cluster.first_seen.as_ref(), layout),
            session_span(cluster.last_seen.as_ref(), layout),
        ]
    };
    Grid { columns, rows: clusters.iter().map(row).collect() }
}
