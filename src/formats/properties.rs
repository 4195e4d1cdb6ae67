//! What a test recorded of itself, and what its report says of it that has no field of its own.

use std::collections::BTreeMap;

/// The property that holds the text of a teardown that broke after the test had failed: a result has room for one text.
pub(crate) const TEARDOWN_TEXT: &str = "teardown.longreprtext";
/// The property that holds where a failure was raised and what it said: `path:line: message`.
pub(crate) const CRASH: &str = "crash";

/// Adds recorded properties to those that are known. A key that was recorded more than once keeps all its values, one a line.
pub(crate) fn add_recorded(
    properties: &mut impl Extend<(String, String)>,
    recorded: impl IntoIterator<Item = (String, String)>,
) {
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in recorded {
        values
            .entry(key)
            .and_modify(|before| {
                before.push('\n');
                before.push_str(&value);
            })
            .or_insert(value);
    }
    properties.extend(values);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_recorded_twice_keeps_both_values() {
        let mut properties = BTreeMap::from([("a".to_owned(), "old".to_owned()), ("b".to_owned(), "kept".to_owned())]);
        let recorded = [("a", "1"), ("c", "2"), ("a", "3")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        add_recorded(&mut properties, recorded);
        let found: Vec<(&str, &str)> = properties.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(found, [("a", "1\n3"), ("b", "kept"), ("c", "2")]);
    }
}
