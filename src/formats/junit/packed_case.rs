//! Test cases to the bytes of a page and back.

use super::raw::{Issue, IssueKind, More, Names, RawCase};
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

/// Packs test cases with their names.
pub(super) fn pack(cases: &[RawCase], names: &Names, packer: &mut Packer) {
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
        packer.text(names.name(case));
        // Lines never go back.
        packer.number(case.line.saturating_sub(line));
        line = case.line;
        case.time.into_iter().for_each(|time| packer.duration(time));
        case.more.iter().for_each(|more| pack_more(more, packer));
    }
}

/// Unpacks so many test cases, and puts their names in the place of those at hand; `None` where the bytes are not what was packed.
pub(super) fn unpack(bytes: &[u8], count: usize, names: &mut Names) -> Option<Vec<RawCase>> {
    names.exchange(String::with_capacity(bytes.len().min(count * 32)));
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
        let name = unpacker.text()?;
        let name = names.add_name(|names| names.push_str(name));
        line += unpacker.number()?;
        let time = if has(has::TIME) { Some(unpacker.duration()?) } else { None };
        let more = if has(has::MORE) { Some(Box::new(unpack_more(&mut unpacker)?)) } else { None };
        cases.push(RawCase { class, suite, name, line, time, more });
    }
    Some(cases)
}

fn pack_more(more: &More, packer: &mut Packer) {
    for text in [&more.file, &more.definition_line, &more.timestamp] {
        packer.optional_text(text.as_deref());
    }
    for texts in [&more.status, &more.system_out, &more.system_err] {
        packer.list(texts.iter(), |packer, text| packer.text(text));
    }
    for pairs in [&more.attributes, &more.properties] {
        packer.pairs(pairs.iter().map(|(name, value)| (name, value)));
    }
    packer.list(more.issues.iter(), pack_issue);
    packer.byte(u8::from(more.cut));
}

fn unpack_more(unpacker: &mut Unpacker<'_>) -> Option<More> {
    let texts = |unpacker: &mut Unpacker<'_>| unpacker.list(|unpacker| unpacker.text().map(str::to_owned));
    Some(More {
        file: unpacker.optional_text()?,
        definition_line: unpacker.optional_text()?,
        timestamp: unpacker.optional_text()?,
        status: texts(unpacker)?,
        system_out: texts(unpacker)?,
        system_err: texts(unpacker)?,
        attributes: unpacker.pairs()?,
        properties: unpacker.pairs()?,
        issues: unpacker.list(unpack_issue)?,
        cut: unpacker.byte()? != 0,
    })
}

fn pack_issue(packer: &mut Packer, issue: &Issue) {
    packer.byte(issue.kind as u8);
    packer.byte(u8::from(issue.is_error));
    for text in [&issue.message, &issue.class, &issue.timestamp, &issue.system_out, &issue.system_err] {
        packer.optional_text(text.as_deref());
    }
    packer.optional(issue.time, Packer::duration);
    packer.text(&issue.text);
}

fn unpack_issue(unpacker: &mut Unpacker<'_>) -> Option<Issue> {
    Some(Issue {
        kind: *IssueKind::ALL.get(usize::from(unpacker.byte()?))?,
        is_error: unpacker.byte()? != 0,
        message: unpacker.optional_text()?,
        class: unpacker.optional_text()?,
        timestamp: unpacker.optional_text()?,
        system_out: unpacker.optional_text()?,
        system_err: unpacker.optional_text()?,
        time: unpacker.optional(Unpacker::duration)?,
        text: Text::from(unpacker.text()?),
    })
}
