//! Gates: conditions under which a command leaves with exit code 1.

use super::exit::ExitStatus;
use super::ui::Ui;
use crate::service::{Gate, GateVerdict};

/// When the answer is a no.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Gates")]
pub(crate) struct GateArgs {
    /// Leave with exit code 1 on: new-failures, flaky, regressions, pass-rate<95%; may be given more than once.
    #[arg(long, value_name = "GATE", value_delimiter = ',', value_parser = clap::value_parser!(Gate))]
    pub(crate) fail_on: Vec<Gate>,
}

/// Says which gates say no and why, and returns the exit status.
pub(crate) fn leave(ui: &Ui, verdicts: &[GateVerdict]) -> ExitStatus {
    let mut status = ExitStatus::Done;
    for verdict in verdicts {
        let Some(refusal) = &verdict.refusal else { continue };
        status = ExitStatus::GateClosed;
        ui.error(format!("gate {} says no: {refusal}", verdict.gate));
        for test in &verdict.evidence {
            ui.status(format!("  {test}"));
        }
    }
    status
}
