//! Characters that XML cannot hold, as pytest writes them.

use std::borrow::Cow;

use super::verdict::TEARDOWN_TEXT;
use crate::formats::node_ids::with_illegal_characters;
use crate::model::TestResult;

/// Takes pytest's escapes back in all texts of a result. A text that held `#x1B` itself cannot be told from one that held the character,
/// but colours on a console are the common case by far.
pub(super) fn restore(result: &mut TestResult) {
    let own = [
        &mut result.caplog,
        &mut result.capstderr,
        &mut result.capstdout,
        &mut result.longreprtext,
        &mut result.reason,
    ];
    for text in own.into_iter().flatten() {
        if let Some(plain) = with_illegal_characters(text) {
            *text = plain.into();
        }
    }
    let subtests = result.subtests.any_mut().into_iter().flatten();
    let subtests = subtests.filter_map(|subtest| subtest.longreprtext.as_mut());
    // What is kept of the test case as it stands there stays as it is.
    let recorded = result.properties.any_mut().into_iter().flatten();
    let recorded = recorded.filter(|(name, _)| !name.starts_with("junit.") || *name == TEARDOWN_TEXT);
    for text in subtests.chain(recorded.map(|(_, value)| value)) {
        if let Some(plain) = with_illegal_characters(text) {
            *text = plain;
        }
    }
}

/// Returns a text of pytest's without its escapes.
pub(super) fn restored(text: &str) -> Cow<'_, str> {
    with_illegal_characters(text).map_or(Cow::Borrowed(text), Cow::Owned)
}
