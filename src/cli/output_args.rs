//! How answers are printed: arguments that every answering command shares.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::environment::local_time;
use super::ui::Ui;
use crate::render::{Layout, OutputFormat, Zone};

impl ValueEnum for OutputFormat {
    fn value_variants<'a>() -> &'a [OutputFormat] {
        &OutputFormat::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()).help(self.description()))
    }
}

/// In which zone to show times.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output options")]
pub(crate) struct ZoneArgs {
    /// Show times in UTC, not in this machine's zone; JSON and CSV always do.
    #[arg(long)]
    pub(crate) utc: bool,
}

impl ZoneArgs {
    /// Returns the layout of pages on this terminal.
    pub(crate) fn layout(&self, ui: &Ui) -> Layout {
        let zone = if self.utc { Zone::Utc } else { Zone::Other(local_time) };
        Layout { styles: ui.styles(), width: ui.width(), zone }
    }
}

#[cfg(feature = "store")]
pub(crate) use of_answers::OutputArgs;

#[cfg(feature = "store")]
mod of_answers {
    //! Answers that come in every format.

    use super::ZoneArgs;
    use crate::cli::error::CommandError;
    use crate::cli::ui::Ui;
    use crate::render::{Answer, OutputFormat, write_answer};

    /// How to print the answer.
    #[derive(Debug, clap::Args)]
    #[command(next_help_heading = "Output options")]
    pub(crate) struct OutputArgs {
        /// How to print the answer.
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        pub(crate) format: OutputFormat,
        #[command(flatten)]
        pub(crate) zone: ZoneArgs,
    }

    impl OutputArgs {
        /// Prints an answer.
        pub(crate) fn print(&self, ui: &Ui, answer: &dyn Answer) -> Result<(), CommandError> {
            let layout = self.zone.layout(ui);
            ui.answer_in(self.format, |out| {
                write_answer(out, answer, self.format, &layout).map_err(CommandError::output)
            })?;
            // Pages and documents say so themselves.
            let beyond = answer.beyond_limit();
            if beyond > 0 && matches!(self.format, OutputFormat::Csv | OutputFormat::Jsonl) {
                ui.status(format!("{beyond} more beyond the limit; --all gives every one"));
            }
            Ok(())
        }
    }
}
