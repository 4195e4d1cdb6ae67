//! What a history knows of a system under test that helps to read its next reports.

use chrono::{DateTime, TimeDelta, Utc};

use crate::formats::KnownNodeIds;
use crate::model::{Format, NodeIdCertainty, SessionId};
use crate::store::{HistoryStore, SessionFilter, StoreError};

/// How many sessions are asked: tests come and go, and a shard has only some of them.
const SESSIONS: usize = 3;

/// How far back they are looked for: the sessions of years are not gone through for it.
const DAYS: i64 = 60;

/// Returns the node ids that the latest sessions of a system under test are known to have, from formats that carry them; `None` where no
/// session has any.
pub(super) fn learned_node_ids(
    store: &HistoryStore,
    sut: &str,
    now: DateTime<Utc>,
) -> Result<Option<KnownNodeIds>, StoreError> {
    let since = TimeDelta::try_days(DAYS).and_then(|days| now.checked_sub_signed(days));
    let filter = SessionFilter { sut: Some(sut.to_owned()), since, ..SessionFilter::default() };
    let carries = |formats: &[Format]| formats.iter().any(|format| carries_node_ids(*format));
    let summaries = store.session_summaries(&filter)?.into_iter().filter(|session| carries(&session.formats));
    let ids: Vec<SessionId> = summaries.take(SESSIONS).map(|session| session.session_id).collect();
    if ids.is_empty() {
        return Ok(None);
    }
    let results = store.sessions(&ids)?.into_iter().flat_map(|session| session.test_results);
    let exact = results.filter(|result| result.node_id_certainty == NodeIdCertainty::Exact);
    Ok(Some(exact.map(|result| result.node_id).collect()))
}

/// Whether a format carries pytest's own node ids, relative to rootdir.
fn carries_node_ids(format: Format) -> bool {
    match format {
        Format::ReportLog | Format::JsonReport => true,
        Format::JunitXml | Format::Ctrf | Format::Terminal => false,
    }
}
