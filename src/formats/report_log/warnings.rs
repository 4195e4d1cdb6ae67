//! Which test gave which warning.
//!
//! The lines of warnings do not say. But pytest reports the warnings of a test when the test is over, before the next one of the same
//! process begins: the test is the one that ended last. With several workers that is only certain while no other worker is between
//! two tests.

use std::collections::BTreeMap;

use super::attempts::{Attempts, Place};
use super::record::Record;
use crate::model::{NodeId, TestWarning};

/// The warnings of a session, as far as it has been read.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    pub(super) warnings: Vec<TestWarning>,
    /// By worker, the attempt that it ended last, unless it has begun another.
    ended: BTreeMap<usize, usize>,
    /// Attempts that gave a warning.
    warned: Vec<usize>,
    /// Attempts that may have given one.
    suspected: Vec<usize>,
}

impl Warnings {
    /// Notes that a test's report arrived.
    pub(super) fn after_report(&mut self, place: Place, when: Option<&str>) {
        if matches!(when, Some("teardown" | "???")) {
            self.ended.insert(place.worker, place.attempt);
        } else {
            self.ended.remove(&place.worker);
        }
    }

    /// Takes in the line of a warning.
    pub(super) fn add(&mut self, record: &Record<'_>, attempts: &mut Attempts) {
        let mut node_id = None;
        if record.when.as_deref() == Some("runtest") {
            let mut candidates = self.ended.values().copied();
            match (candidates.next(), candidates.next()) {
                (Some(only), None) => {
                    self.warned.push(only);
                    node_id = attempts.get_mut(only).map(|attempt| attempt.result.node_id.clone());
                }
                _ => self.suspected.extend(self.ended.values()),
            }
        }
        self.warnings.push(warning(record, node_id));
    }

    /// Says of each attempt whether it gave a warning. A log without any warning may be one of a version that recorded none.
    pub(super) fn finish(&mut self, attempts: &mut Attempts) {
        if self.warnings.is_empty() {
            return;
        }
        let mut index = 0;
        while let Some(attempt) = attempts.get_mut(index) {
            attempt.result.has_warning = Some(false);
            index += 1;
        }
        for (indices, answer) in [(&self.suspected, None), (&self.warned, Some(true))] {
            for index in indices {
                if let Some(attempt) = attempts.get_mut(*index) {
                    attempt.result.has_warning = answer;
                }
            }
        }
    }
}

fn warning(record: &Record<'_>, node_id: Option<NodeId>) -> TestWarning {
    let line = record.lineno.whole();
    TestWarning {
        message: record.message.as_deref().unwrap_or_default().to_owned(),
        category: record.category.as_deref().map(str::to_owned),
        location: record.filename.as_deref().map(|file| match line {
            Some(line) => format!("{file}:{line}"),
            None => file.to_owned(),
        }),
        node_id,
    }
}
