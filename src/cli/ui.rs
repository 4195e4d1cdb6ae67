//! The terminal: the answer on standard output, everything else on standard error. Colour, width and quiet are decided
//! here, once.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};

use super::environment::Environment;
use super::error::CommandError;
use crate::diagnostic::{Diagnostic, Severity};
use crate::render::{OutputFormat, Styles, clean};

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How much to say on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Status, progress, warnings and errors.
    Normal,
    /// Warnings and errors only.
    Quiet,
}

/// The process's terminal.
#[derive(Debug)]
pub(crate) struct Ui {
    verbosity: Verbosity,
    answer_color: ColorChoice,
    status_color: ColorChoice,
    width: Option<usize>,
}

impl Ui {
    /// Decides colour and width for the streams of this process.
    pub(crate) fn new(when: ColorWhen, verbosity: Verbosity, environment: &Environment) -> Ui {
        let (out, err) = (io::stdout(), io::stderr());
        Ui {
            verbosity,
            answer_color: color_choice(when, out.is_terminal(), environment),
            status_color: color_choice(when, err.is_terminal(), environment),
            width: width(environment),
        }
    }

    /// Returns the styles of the answer.
    pub(crate) fn styles(&self) -> Styles {
        styles_for(self.answer_color)
    }

    /// Returns how many columns the answer may have; `None` where nobody says, as in a pipe.
    pub(crate) fn width(&self) -> Option<usize> {
        self.width
    }

    /// Writes an answer for people. A failure to write becomes the command's error.
    pub(crate) fn answer<Answer>(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<Answer>,
    ) -> Result<Answer, CommandError> {
        self.answer_in(OutputFormat::Table, |out| write(out).map_err(CommandError::output))
    }

    /// Writes the answer in a format. Programs get it byte by byte; people, and terminals, without what a terminal would obey, but for
    /// the answer's own colours.
    pub(crate) fn answer_in<Answer>(
        &self,
        format: OutputFormat,
        write: impl FnOnce(&mut dyn Write) -> Result<Answer, CommandError>,
    ) -> Result<Answer, CommandError> {
        let stdout = io::stdout().lock();
        let whole = match format {
            // Escapes what a terminal would obey.
            OutputFormat::Json | OutputFormat::Jsonl => true,
            OutputFormat::Csv => !stdout.is_terminal(),
            OutputFormat::Table | OutputFormat::Markdown => false,
        };
        let stream: Box<dyn Write> =
            if whole { Box::new(stdout) } else { Box::new(AutoStream::new(stdout, self.answer_color)) };
        let mut out = BufWriter::new(stream);
        let answer = write(&mut out)?;
        out.flush().map_err(CommandError::output)?;
        Ok(answer)
    }

    /// Returns whether the user wants to hear warnings and errors only.
    #[cfg(feature = "store")]
    pub(crate) fn is_quiet(&self) -> bool {
        self.verbosity == Verbosity::Quiet
    }

    /// Returns whether somebody watches standard error.
    #[cfg(feature = "store")]
    pub(crate) fn status_is_terminal(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// Says what a reader has to say about an input.
    pub(crate) fn diagnostic(&self, diagnostic: &Diagnostic) {
        let place = &diagnostic.location;
        let file = place.file.as_deref().unwrap_or("standard input");
        let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
        let text = format!("{file}{line}: {}", diagnostic.message);
        match diagnostic.severity {
            Severity::Error => self.error(text),
            Severity::Warning => self.warning(text),
            Severity::Note => self.status(text),
        }
        if let Some(help) = &diagnostic.help {
            self.hint(help);
        }
    }

    /// Says how things stand; silent with `--quiet`.
    pub(crate) fn status(&self, message: impl Display) {
        if self.verbosity == Verbosity::Normal {
            self.say(None, message);
        }
    }

    /// Says that something is doubtful.
    pub(crate) fn warning(&self, message: impl Display) {
        let style = styles_for(self.status_color).warning;
        self.say(Some(("warning", style)), message);
    }

    /// Says that something went wrong.
    pub(crate) fn error(&self, message: impl Display) {
        let style = styles_for(self.status_color).error;
        self.say(Some(("error", style)), message);
    }

    /// Says what to do about it.
    pub(crate) fn hint(&self, message: impl Display) {
        let style = styles_for(self.status_color).hint;
        self.say(Some(("hint", style)), message);
    }

    /// Says why a command gave up: the error, its causes, its hints.
    pub(crate) fn command_error(&self, failure: &CommandError) {
        let mut text = failure.error.to_string();
        let mut source: Option<&(dyn Error + 'static)> = failure.error.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            // Some libraries repeat their cause in their own words; once is enough.
            if !text.ends_with(&cause_text) {
                text.push_str(": ");
                text.push_str(&cause_text);
            }
            source = cause.source();
        }
        self.error(text);
        for hint in &failure.hints {
            self.hint(hint);
        }
    }

    /// Writes one message to standard error. That it cannot be written is nothing we could tell anybody.
    fn say(&self, label: Option<(&str, anstyle::Style)>, message: impl Display) {
        let mut err = AutoStream::new(io::stderr().lock(), self.status_color);
        let _ = match label {
            Some((word, style)) => writeln!(err, "{style}{word}{style:#}: {}", clean(&message.to_string())),
            None => writeln!(err, "{}", clean(&message.to_string())),
        };
    }
}

fn styles_for(choice: ColorChoice) -> Styles {
    match choice {
        ColorChoice::Never => Styles::plain(),
        ColorChoice::Auto | ColorChoice::Always | ColorChoice::AlwaysAnsi => Styles::colored(),
    }
}

/// | `--color` | NO_COLOR | CLICOLOR_FORCE | terminal | colour |
/// |---|---|---|---|---|
/// | never | any | any | any | no |
/// | always | any | any | any | yes |
/// | auto | set | any | any | no |
/// | auto | unset | set, not 0 | any | yes |
/// | auto | unset | unset or 0 | yes, and TERM is not `dumb` | yes |
/// | auto | unset | unset or 0 | otherwise | no |
fn color_choice(when: ColorWhen, is_terminal: bool, environment: &Environment) -> ColorChoice {
    let forced = environment.variable("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let dumb = environment.variable("TERM") == Some("dumb");
    let colored = match when {
        ColorWhen::Never => false,
        ColorWhen::Always => true,
        ColorWhen::Auto if environment.variable_os("NO_COLOR").is_some() => false,
        ColorWhen::Auto => forced || (is_terminal && !dumb),
    };
    if colored { ColorChoice::Always } else { ColorChoice::Never }
}

/// Returns `COLUMNS`, else the terminal's width; nothing where the answer goes elsewhere.
fn width(environment: &Environment) -> Option<usize> {
    let declared = environment.variable("COLUMNS").and_then(|text| text.parse().ok()).filter(|columns| *columns > 0);
    let measured = || {
        let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(io::stdout())?;
        Some(usize::from(columns))
    };
    declared.or_else(measured)
}
