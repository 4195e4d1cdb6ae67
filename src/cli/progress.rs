//! How far a long command is: a bar on a terminal, now and then a line elsewhere.

use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

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
        /// When the command began.
        begun: Instant,
        /// When the last was written.
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
            return Progress::Lines { ui, begun: Instant::now(), last: Instant::now() };
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
        bar.set_style(style("{spinner} {elapsed} {msg}"));
        bar.enable_steady_tick(Duration::from_millis(250));
        Progress::Bar(bar)
    }

    /// Returns whether nobody wants to hear how far it is.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self, Progress::Silent)
    }

    /// Says how many of how many inputs are done, as far as that is known, and how far that is. The bar shows rate and time left itself.
    pub(crate) fn say_inputs(&mut self, done: u64, all: Option<u64>, message: impl FnOnce() -> String) {
        if let (Progress::Bar(bar), Some(all)) = (&*self, all) {
            if bar.length().is_none() {
                bar.set_length(all);
                bar.set_style(style(
                    "{spinner} {elapsed} {wide_bar:20} {pos}/{len} inputs, {per_sec}, {eta} left, {msg}",
                ));
            }
            bar.set_position(done);
        }
        let begun = self.begun();
        self.say(|| match (all, begun) {
            (Some(all), Some(begun)) if done > 0 => {
                let seconds = begun.elapsed().as_secs_f64();
                let left = Duration::from_secs_f64(seconds * all.saturating_sub(done) as f64 / done as f64);
                let rate = done as f64 / seconds.max(1e-3);
                format!("{done} of {all} inputs, {rate:.0} a second, {} left; {}", HumanDuration(left), message())
            }
            _ => message(),
        });
    }

    /// Returns when lines began to be written.
    fn begun(&self) -> Option<Instant> {
        match self {
            Progress::Lines { begun, .. } => Some(*begun),
            Progress::Bar(_) | Progress::Silent => None,
        }
    }

    /// Says how far the command is.
    pub(crate) fn say(&mut self, message: impl FnOnce() -> String) {
        match self {
            Progress::Bar(bar) => bar.set_message(message()),
            Progress::Lines { ui, last, .. } if last.elapsed() >= EVERY => {
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

/// The templates are ours and sound; were one not, the bar's own default would do.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
