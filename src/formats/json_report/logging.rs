//! Log records as the text that pytest captures of them.

use serde::Deserialize;

use crate::formats::json::{Lenient, Number, Text};

/// What pytest's default format needs of a `logging.LogRecord`.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow, default)]
    levelname: Lenient<'a>,
    #[serde(borrow, default)]
    name: Lenient<'a>,
    #[serde(borrow, default)]
    filename: Lenient<'a>,
    #[serde(default)]
    lineno: Number,
    #[serde(borrow, default)]
    msg: Lenient<'a>,
    #[serde(borrow, default)]
    exc_text: Lenient<'a>,
}

/// Returns the records in pytest's default format, one below the other; `None` where there is none.
///
/// The document has the records, not the text: a format of the suite's own is not known.
pub(super) fn captured(log: &Lenient<'_>) -> Option<String> {
    let records: Vec<Lenient<'_>> = log.get()?;
    let lines: Vec<String> =
        records.iter().filter_map(Lenient::get::<Record<'_>>).map(|record| record.line()).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

impl Record<'_> {
    /// `%(levelname)-8s %(name)s:%(filename)s:%(lineno)d %(message)s`, and the exception below.
    fn line(&self) -> String {
        let text = |value: &Lenient<'_>| value.shown().unwrap_or_default();
        let line = self.lineno.0.unwrap_or_default();
        let (level, name, file) = (text(&self.levelname), text(&self.name), text(&self.filename));
        let mut out = format!("{level:<8} {name}:{file}:{line} {}", text(&self.msg));
        if let Some(exception) = self.exc_text.get::<Text<'_>>().filter(|exception| !exception.is_empty()) {
            out.push('\n');
            out.push_str(&exception);
        }
        out
    }
}
