//! Results to the bytes of a page and back.

use chrono::{DateTime, Utc};

use super::{NodeId, NodeIdCertainty, Outcome, Phases, Subtest, TestResult, Text};
use crate::paging::{Packer, Unpacker};

/// What a result has, as bits of a number.
mod has {
    pub(super) const INFERRED: u16 = 1;
    pub(super) const PHASES: u16 = 1 << 1;
    pub(super) const ATTEMPT: u16 = 1 << 2;
    pub(super) const START: u16 = 1 << 3;
    pub(super) const DURATION: u16 = 1 << 4;
    /// The texts, the first of them here.
    pub(super) const TEXTS: u16 = 1 << 5;
    pub(super) const WARNING_KNOWN: u16 = 1 << 11;
    pub(super) const WARNING: u16 = 1 << 12;
    pub(super) const SUBTESTS: u16 = 1 << 13;
    pub(super) const PROPERTIES: u16 = 1 << 14;
}

/// Packs results.
pub(super) fn pack(results: &[TestResult], packer: &mut Packer) {
    let mut last = "";
    for result in results {
        pack_one(result, last, packer);
        last = result.node_id.as_str();
    }
}

/// Unpacks so many results; `None` where the bytes are not what was packed.
pub(super) fn unpack(bytes: &[u8], count: usize) -> Option<Vec<TestResult>> {
    let mut unpacker = Unpacker::new(bytes);
    let mut results = Vec::with_capacity(count);
    let mut node_id = String::new();
    for _ in 0..count {
        results.push(unpack_one(&mut unpacker, &mut node_id)?);
    }
    Some(results)
}

fn pack_one(result: &TestResult, last: &str, packer: &mut Packer) {
    let head = head(result);
    packer.byte(result.outcome as u8);
    packer.byte(head as u8);
    packer.byte((head >> 8) as u8);
    pack_id(result.node_id.as_str(), last, packer);
    if head & has::PHASES != 0 {
        let Phases { setup, call, teardown } = result.phases;
        for phase in [setup, call, teardown] {
            packer.byte(phase.map_or(NO_OUTCOME, |outcome| outcome as u8));
        }
    }
    if head & has::ATTEMPT != 0 {
        packer.number(u64::from(result.attempt));
    }
    if let Some(start) = result.start_time {
        packer.fixed(start.timestamp() as u64);
        packer.number(u64::from(start.timestamp_subsec_nanos()));
    }
    if let Some(duration) = result.duration {
        packer.duration(duration);
    }
    texts(result).into_iter().flatten().for_each(|text| packer.text(text));
    if head & has::SUBTESTS != 0 {
        packer.list(result.subtests.iter(), |packer, subtest| {
            packer.byte(subtest.outcome as u8);
            packer.text(&subtest.description);
            packer.optional_text(subtest.longreprtext.as_deref());
        });
    }
    if head & has::PROPERTIES != 0 {
        packer.pairs(result.properties.iter());
    }
}

fn unpack_one(unpacker: &mut Unpacker<'_>, node_id: &mut String) -> Option<TestResult> {
    let outcome = outcome_of(unpacker.byte()?)?;
    let head = u16::from_le_bytes([unpacker.byte()?, unpacker.byte()?]);
    let has = |what: u16| head & what != 0;
    unpack_id(unpacker, node_id)?;
    let mut result = TestResult::new(NodeId::from(node_id.as_str()), outcome);
    if has(has::INFERRED) {
        result.node_id_certainty = NodeIdCertainty::Inferred;
    }
    if has(has::PHASES) {
        let mut phase = || match unpacker.byte()? {
            NO_OUTCOME => Some(None),
            code => outcome_of(code).map(Some),
        };
        result.phases = Phases { setup: phase()?, call: phase()?, teardown: phase()? };
    }
    if has(has::ATTEMPT) {
        result.attempt = unpacker.length()?;
    }
    if has(has::START) {
        result.start_time = Some(DateTime::<Utc>::from_timestamp(unpacker.fixed()? as i64, unpacker.length()?)?);
    }
    if has(has::DURATION) {
        result.duration = Some(unpacker.duration()?);
    }
    let texts = [
        &mut result.caplog,
        &mut result.capstderr,
        &mut result.capstdout,
        &mut result.longreprtext,
        &mut result.reason,
        &mut result.worker,
    ];
    for (place, text) in texts.into_iter().enumerate() {
        if has(has::TEXTS << place) {
            *text = Some(Text::from(unpacker.text()?));
        }
    }
    result.has_warning = has(has::WARNING_KNOWN).then_some(has(has::WARNING));
    if has(has::SUBTESTS) {
        let subtests: Vec<Subtest> = unpacker.list(|unpacker| {
            let outcome = outcome_of(unpacker.byte()?)?;
            let description = unpacker.text()?.to_owned();
            Some(Subtest { description, outcome, longreprtext: unpacker.optional_text()? })
        })?;
        result.subtests = subtests.into();
    }
    if has(has::PROPERTIES) {
        result.properties = unpacker.pairs::<std::collections::BTreeMap<_, _>>()?.into();
    }
    Some(result)
}

/// Stands for the outcome of a phase that is not known.
const NO_OUTCOME: u8 = u8::MAX;

fn outcome_of(code: u8) -> Option<Outcome> {
    Outcome::ALL.get(usize::from(code)).copied()
}

fn texts(result: &TestResult) -> [Option<&Text>; 6] {
    [&result.caplog, &result.capstderr, &result.capstdout, &result.longreprtext, &result.reason, &result.worker]
        .map(Option::as_ref)
}

fn head(result: &TestResult) -> u16 {
    let bit = |is_so: bool, what: u16| if is_so { what } else { 0 };
    let mut head = bit(result.node_id_certainty == NodeIdCertainty::Inferred, has::INFERRED)
        | bit(result.phases != Phases::default(), has::PHASES)
        | bit(result.attempt != 1, has::ATTEMPT)
        | bit(result.start_time.is_some(), has::START)
        | bit(result.duration.is_some(), has::DURATION)
        | bit(result.has_warning.is_some(), has::WARNING_KNOWN)
        | bit(result.has_warning == Some(true), has::WARNING)
        | bit(!result.subtests.is_empty(), has::SUBTESTS)
        | bit(!result.properties.is_empty(), has::PROPERTIES);
    for (place, text) in texts(result).into_iter().enumerate() {
        head |= bit(text.is_some(), has::TEXTS << place);
    }
    head
}

/// Packs an id as what differs from the last one: most begin with the same file and class.
fn pack_id(node_id: &str, last: &str, packer: &mut Packer) {
    let alike = node_id.bytes().zip(last.bytes()).take_while(|(byte, last)| byte == last).count();
    let alike = (0..=alike).rev().find(|at| node_id.is_char_boundary(*at)).unwrap_or(0);
    packer.length(alike);
    packer.text(node_id.get(alike..).unwrap_or_default());
}

/// Unpacks an id in place of the last one.
fn unpack_id(unpacker: &mut Unpacker<'_>, node_id: &mut String) -> Option<()> {
    let alike: usize = unpacker.length()?;
    if !node_id.is_char_boundary(alike) {
        return None;
    }
    node_id.truncate(alike);
    node_id.push_str(unpacker.text()?);
    Some(())
}
