//! `insight session show`.

use std::io::Write;

use crate::cli::environment::Environment;
use crate::cli::error::{CommandError, CommandResult};
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::{HistoryArgs, project_config};
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::QuestionArgs;
use crate::cli::ui::Ui;
use crate::render::{Detail, SessionWriter};
use crate::service::show_session;
use crate::store::Access;

/// Show one session: what it came to, what ran it, what failed and how.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight session show latest --sut checkout-api
  insight session show 3f9a --verbose
  insight session show 20260105 --format json | jq .sessions[0].totals")]
pub(crate) struct SessionShowArgs {
    /// A session's id or its beginning, the part behind the dash or its beginning, or `latest`.
    #[arg(value_name = "ID")]
    id: String,
    /// Everything: every result, captured output, warnings, all output fields.
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    filter: QuestionArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &SessionShowArgs) -> CommandResult {
    let config = project_config(environment)?;
    let store = args.history.open(environment, &config, Access::Read)?;
    let filter = args.filter.filter(environment, &args.output.zone);
    let mut session = show_session(&store, &args.id, &filter)?;
    let all = session.test_results.len();
    session.test_results.retain(|result| filter.admits(result));
    let detail = if args.verbose { Detail::Full } else { Detail::Brief };
    let layout = args.output.zone.layout(ui);
    let answer = |out: &mut dyn Write| {
        let mut writer = SessionWriter::new(out, args.output.format, detail, layout)?;
        writer.session(&session)?;
        writer.finish()
    };
    ui.answer_in(args.output.format, |out| answer(out).map_err(CommandError::output))?;
    let shown = session.test_results.len();
    if shown < all {
        ui.status(format!("{shown} of {all} results; the others do not match"));
    } else if all == 0
        && let Some(pruned) = store.pruned_sessions(std::slice::from_ref(&session.session_id))?.first()
    {
        let when = layout.zone.moment(pruned.pruned_at);
        ui.status(format!("its results were pruned on {when}; it had {} tests", pruned.counts.tests()));
        ui.hint("`insight session list` shows what they came to, and `insight test days` test by test");
    }
    Ok(ExitStatus::Done)
}
