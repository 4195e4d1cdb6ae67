//! Reports, one by one, in the order of the inputs.

use std::ops::ControlFlow;
use std::sync::mpsc::Receiver;

use super::queue::{Delivery, Queue};
use crate::ingest::FileReport;

/// Delivers all reports of one input; those of an archive's members where the archive has them.
pub(crate) fn deliver_input(
    first: Receiver<Delivery>,
    queue: &Queue,
    deliver: &mut dyn FnMut(FileReport) -> ControlFlow<()>,
) -> ControlFlow<()> {
    // Members of archives in archives come as one flat list, so this is never deep.
    let mut stack = vec![(first, None)];
    while let Some((receiver, _)) = stack.last() {
        match receiver.recv() {
            Ok(Delivery::Report(report)) => deliver(*report)?,
            Ok(Delivery::Later(receiver, ticket)) => stack.push((receiver, Some(ticket))),
            Err(_) => {
                // The task is over. With its entry goes its ticket, and an unpacking worker may go on.
                if stack.pop().is_some_and(|(_, ticket)| ticket.is_some()) {
                    queue.notify();
                }
            }
        }
    }
    ControlFlow::Continue(())
}
