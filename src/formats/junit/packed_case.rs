//! Test cases to the bytes of a page and back.

use super::raw::{AttemptFacts, Extras, Issue, IssueKind, More, RawCase};
use crate::model::Text;
use crate::paging::{Packer, Unpacker};

/// What a test case has, as bits of a byte.
mod has {
    /// The class and suite of the one before.
    pub(super) const SAME_PLACE: u8 = 1;
    pub(super) const SUITE: u8 = 1 << 1;
    pub(super) const TIME: u8 = 1 << 2;
    pub(super) const MORE: u8 = 1 << 3;
}

/// Packs test cases with their names, which are ranges of `text`.
pub(super) fn pack(cases: &[RawCase], text: &str, packer: &mut Packer) {
    let mut place = None;
    let mut line = 0;
    for case in cases {
        let bit = |is_so: bool, what: u8| if is_so { what } else { 0 };
        let same_place = place == Some((case.class, case.suite));
        packer.byte(
            bit(same_place, has::SAME_PLACE)
                | bit(case.suite.is_some(), has::SUITE)
                | bit(case.time.is_some(), has::TIME)
                | bit(case.more.is_some(), has::MORE),
        );
        if !same_place {
            place = Some((case.class, case.suite));
            packer.number(u64::from(case.class));
            case.suite.into_iter().for_each(|suite| packer.number(u64::from(suite)));
        }
        packer.text(text.get(case.name.clone()).unwrap_or_default());
        // Lines never go back.
        packer.number(case.line.saturating_sub(line));
        line = case.line;
        case.time.into_iter().for_each(|time| packer.duration(time));
        case.more.iter().for_each(|more| pack_more(more, packer));
    }
}

/// Unpacks so many test cases, and the text that their names are ranges of; `None` where the bytes are not what was packed.
pub(super) fn unpack(bytes: &[u8], count: usize) -> Option<(Vec<RawCase>, String)> {
    let mut names = String::with_capacity(bytes.len().min(count * 32));
    let mut unpacker = Unpacker::new(bytes);
    let mut cases = Vec::with_capacity(count);
    let (mut class, mut suite) = (0, None);
    let mut line = 0;
    for _ in 0..count {
        let head = unpacker.byte()?;
        let has = |what: u8| head & what != 0;
        if !has(has::SAME_PLACE) {
            class = unpacker.length()?;
            suite = if has(has::SUITE) { Some(unpacker.length()?) } else { None };
        }
        let start = names.len();
        names.push_str(unpacker.text()?);
        let name = start..names.len();
        line += unpacker.number()?;
        let time = if has(has::TIME) { Some(unpacker.duration()?) } else { None };
        let more = if has(has::MORE) { Some(Box::new(unpack_more(&mut unpacker)?)) } else { None };
        cases.push(RawCase { class, suite, name, line, time, more });
    }
    Some((cases, names))
}

fn pack_more(more: &More, packer: &mut Packer) {
    packer.list(more.issues.iter(), pack_issue);
    packer.optional(more.extras.as_deref(), pack_extras);
    packer.byte(u8::from(more.cut));
}

fn pack_extras(packer: &mut Packer, extras: &Extras) {
    for text in [&extras.file, &extras.definition_line, &extras.timestamp] {
        packer.optional_text(text.as_deref());
    }
    for texts in [&extras.status, &extras.system_out, &extras.system_err] {
        packer.list(texts.iter(), |packer, text| packer.text(text));
    }
    for pairs in [&extras.attributes, &extras.properties] {
        packer.pairs(pairs.iter().map(|(name, value)| (name, value)));
    }
}

fn unpack_more(unpacker: &mut Unpacker<'_>) -> Option<More> {
    Some(More {
        issues: unpacker.list(unpack_issue)?,
        extras: unpacker.optional(unpack_extras)?.map(Box::new),
        cut: unpacker.byte()? != 0,
    })
}

fn unpack_extras(unpacker: &mut Unpacker<'_>) -> Option<Extras> {
    let texts = |unpacker: &mut Unpacker<'_>| unpacker.list(|unpacker| unpacker.text().map(str::to_owned));
    Some(Extras {
        file: unpacker.optional_text()?,
        definition_line: unpacker.optional_text()?,
        timestamp: unpacker.optional_text()?,
        status: texts(unpacker)?,
        system_out: texts(unpacker)?,
        system_err: texts(unpacker)?,
        attributes: unpacker.pairs()?,
        properties: unpacker.pairs()?,
    })
}

fn pack_issue(packer: &mut Packer, issue: &Issue) {
    packer.byte(issue.kind as u8);
    packer.byte(u8::from(issue.is_error));
    packer.optional_text(issue.message.as_deref());
    packer.optional_text(issue.class.as_deref());
    packer.text(&issue.text);
    packer.optional(issue.attempt.as_deref(), pack_attempt);
}

fn pack_attempt(packer: &mut Packer, attempt: &AttemptFacts) {
    for text in [&attempt.timestamp, &attempt.system_out, &attempt.system_err] {
        packer.optional_text(text.as_deref());
    }
    packer.optional(attempt.time, Packer::duration);
}

fn unpack_issue(unpacker: &mut Unpacker<'_>) -> Option<Issue> {
    Some(Issue {
        kind: *IssueKind::ALL.get(usize::from(unpacker.byte()?))?,
        is_error: unpacker.byte()? != 0,
        message: unpacker.optional(|unpacker| unpacker.text().map(Text::from))?,
        class: unpacker.optional(|unpacker| unpacker.text().map(Text::from))?,
        text: Text::from(unpacker.text()?),
        attempt: unpacker.optional(unpack_attempt)?.map(Box::new),
    })
}

fn unpack_attempt(unpacker: &mut Unpacker<'_>) -> Option<AttemptFacts> {
    Some(AttemptFacts {
        timestamp: unpacker.optional_text()?,
        system_out: unpacker.optional_text()?,
        system_err: unpacker.optional_text()?,
        time: unpacker.optional(Unpacker::duration)?,
    })
}
