//! What things look like on a terminal: by what they are, not by colour.

use anstyle::{AnsiColor, Style};

/// The styles of everything that answers name. Plain by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Styles {
    /// Titles and column headings.
    pub heading: Style,
    /// Names and identifiers worth finding at a glance.
    pub name: Style,
    /// What matters less than the rest.
    pub faint: Style,
    /// Good news.
    pub good: Style,
    /// Bad news.
    pub bad: Style,
    /// Neither: skipped, expected to fail, repeated.
    pub doubtful: Style,
    /// The line of a failure that says what happened.
    pub crash: Style,
    /// The word `error`.
    pub error: Style,
    /// The word `warning`.
    pub warning: Style,
    /// The word `hint`.
    pub hint: Style,
}

impl Styles {
    /// Returns styles that change nothing.
    pub fn plain() -> Styles {
        Styles::default()
    }

    /// Returns the styles of a terminal with colours.
    pub fn colored() -> Styles {
        let color = |color: AnsiColor| color.on_default();
        Styles {
            heading: Style::new().bold(),
            name: color(AnsiColor::Cyan),
            faint: Style::new().dimmed(),
            good: color(AnsiColor::Green),
            bad: color(AnsiColor::Red).bold(),
            doubtful: color(AnsiColor::Yellow),
            crash: color(AnsiColor::Red),
            error: color(AnsiColor::Red).bold(),
            warning: color(AnsiColor::Yellow).bold(),
            hint: color(AnsiColor::Cyan).bold(),
        }
    }
}
