//! How far a long command is: a bar on a terminal, now and then a line elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::ui::Ui;

/// Where there is no terminal, a line is written so often.
const EVERY: Duration = Duration::from_secs(10);

/// How far a command is.
#[derive(Debug)]
pub(crate) enum Progress<'a> {
    /// On a terminal.
    Bar(ProgressBar),
    /// In a log.
    Lines {
        /// Where they are written.
        ui: &'a Ui,
        /// When the last was.
        last: Instant,
    },
    /// The user wants to hear nothing.
    Silent,
}

impl<'a> Progress<'a> {
    /// Begins, in the way that fits this terminal.
    pub(crate) fn begin(ui: &'a Ui) -> Progress<'a> {
        if ui.is_quiet() {
            return Progress::Silent;
        }
        if !ui.status_is_terminal() {
            return Progress::Lines { ui, last: Instant::now() };
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
        // The template is ours and sound; were it not, the bar's own default would do.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Progress::Bar(bar)
    }

    /// Says how far the command is.
    pub(crate) fn say(&mut self, message: impl FnOnce() -> String) {
        match self {
            Progress::Bar(bar) => bar.set_message(message()),
            Progress::Lines { ui, last } if last.elapsed() >= EVERY => {
                *last = Instant::now();
                ui.status(message());
            }
            Progress::Lines { .. } | Progress::Silent => {}
        }
    }

    /// Ends, and leaves nothing behind.
    pub(crate) fn end(self) {
        if let Progress::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
