//! How pytest names a subtest.

use serde::Deserialize;

use crate::formats::json::{Lenient, Text};
use crate::formats::python;

/// Whether the values of a subtest's parameters were texts for display before they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parameters {
    /// As they are: pytest-subtests.
    Raw,
    /// As `repr()` shows them: pytest 9.
    Shown,
}

#[derive(Deserialize)]
struct Context<'a> {
    #[serde(borrow, default)]
    msg: Lenient<'a>,
    #[serde(borrow, default)]
    kwargs: Lenient<'a>,
}

/// Returns what pytest shows of a subtest: `[msg] (k=v)`, or `(<subtest>)` where it has neither.
pub(super) fn description(context: Lenient<'_>, parameters: Parameters) -> String {
    let (message, arguments) = match context.get::<Text<'_>>() {
        // What JSON could not hold, pytest-reportlog wrote as Python shows it.
        Some(shown) => python_context(&shown),
        None => match context.get::<Context<'_>>() {
            Some(context) => (message(&context.msg), arguments(&context.kwargs, parameters)),
            None => (None, String::new()),
        },
    };
    let parts =
        [message.map(|message| format!("[{message}]")), (!arguments.is_empty()).then(|| format!("({arguments})"))];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    if text.is_empty() { "(<subtest>)".to_owned() } else { text }
}

fn message(value: &Lenient<'_>) -> Option<String> {
    value.json().filter(|json| *json != "null").and_then(|_| value.shown())
}

fn arguments(kwargs: &Lenient<'_>, parameters: Parameters) -> String {
    // An ordered map would sort; the order is the call's.
    let entries: serde_json::Map<String, serde_json::Value> = kwargs.get().unwrap_or_default();
    let shown = |(key, value): (&String, &serde_json::Value)| match (value, parameters) {
        (serde_json::Value::String(text), Parameters::Shown) => format!("{key}={text}"),
        (value, _) => format!("{key}={}", shown_value(value)),
    };
    entries.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// Returns a value as `repr()` shows it.
fn shown_value(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "None".to_owned(),
        serde_json::Value::Bool(true) => "True".to_owned(),
        serde_json::Value::Bool(false) => "False".to_owned(),
        serde_json::Value::Number(number) => number.to_string(),
        serde_json::Value::String(text) => python::repr(text),
        serde_json::Value::Array(items) => {
            format!("[{}]", items.iter().map(shown_value).collect::<Vec<_>>().join(", "))
        }
        serde_json::Value::Object(entries) => {
            let shown =
                |(key, value): (&String, &serde_json::Value)| format!("{}: {}", python::repr(key), shown_value(value));
            format!("{{{}}}", entries.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Returns message and arguments of `{'msg': None, 'kwargs': {'x': Decimal('1.5')}}`; the whole text where it looks otherwise.
fn python_context(shown: &str) -> (Option<String>, String) {
    let parts = || {
        let body = shown.strip_prefix("{'msg': ")?.strip_suffix("}}")?;
        let (message, arguments) = body.split_once(", 'kwargs': {")?;
        let message = match message {
            "None" => None,
            quoted => Some(quoted.trim_matches(['\'', '"']).to_owned()),
        };
        let shown: Vec<String> = top_level_entries(arguments)
            .into_iter()
            .map(|entry| match entry.split_once(": ") {
                Some((key, value)) => format!("{}={value}", key.trim_matches('\'')),
                None => entry.to_owned(),
            })
            .collect();
        Some((message, shown.join(", ")))
    };
    parts().unwrap_or_else(|| (None, shown.to_owned()))
}

/// Splits the inside of a Python dictionary at the commas that are in no bracket and no string.
fn top_level_entries(text: &str) -> Vec<&str> {
    let (mut entries, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    let mut quote = None;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if character == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '(' | '[' | '{' | '<') => depth += 1,
            (None, ')' | ']' | '}' | '>') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                entries.push(text[start..at].trim());
                start = at + 1;
            }
            (None, _) => {}
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() {
        entries.push(last);
    }
    entries
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn described(json: &str, parameters: Parameters) -> String {
        #[derive(Deserialize)]
        struct Holder<'a> {
            #[serde(borrow)]
            context: Lenient<'a>,
        }
        let raw: Box<RawValue> = RawValue::from_string(json.to_owned()).expect("JSON");
        let text = format!("{{\"context\": {}}}", raw.get());
        let holder: Holder<'_> = serde_json::from_str(&text).expect("JSON");
        description(holder.context, parameters)
    }

    #[test]
    fn subtests_are_named_as_pytest_names_them() {
        for (json, parameters, expected) in [
            (
                r#"{"msg": "ok", "kwargs": {"i": 0, "s": "a", "b": true, "n": null}}"#,
                Parameters::Raw,
                "[ok] (i=0, s='a', b=True, n=None)",
            ),
            (r#"{"msg": "ok", "kwargs": {"i": "0", "s": "'a'"}}"#, Parameters::Shown, "[ok] (i=0, s='a')"),
            (r#"{"msg": null, "kwargs": {}}"#, Parameters::Raw, "(<subtest>)"),
            (r#"{"msg": null, "kwargs": {"l": [1, "a"], "d": {"k": 1}}}"#, Parameters::Raw, "(l=[1, 'a'], d={'k': 1})"),
            (
                r#""{'msg': None, 'kwargs': {'x': Decimal('1.75'), 'y': [1, 2]}}""#,
                Parameters::Raw,
                "(x=Decimal('1.75'), y=[1, 2])",
            ),
            (
                r#""{'msg': 'two, three', 'kwargs': {'f': <function g at 0x7f>}}""#,
                Parameters::Raw,
                "[two, three] (f=<function g at 0x7f>)",
            ),
            ("17", Parameters::Raw, "(<subtest>)"),
        ] {
            assert_eq!(described(json, parameters), expected, "{json}");
        }
    }
}
