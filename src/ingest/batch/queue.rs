//! What there is to do, and the ways by which reports come back.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::items::Item;
use crate::ingest::leaf::Leaf;
use crate::ingest::{FileReport, Unreadable};

/// One piece of work.
pub(crate) enum Task {
    /// An input, of which nothing is known yet.
    Input(Item, Outlet),
    /// A member of an archive, unpacked.
    Member {
        /// What is known of it.
        leaf: Leaf,
        /// Its bytes.
        bytes: Vec<u8>,
        /// What ended them early.
        fault: Option<Unreadable>,
        /// Where its report goes.
        outlet: Outlet,
    },
}

/// What comes back from a task.
pub(crate) enum Delivery {
    /// A report.
    Report(Box<FileReport>),
    /// The place of reports that another task delivers, in the order of this one.
    Later(Receiver<Delivery>, Ticket),
}

/// Where a task's reports go. Dropped when the task is over.
pub(crate) struct Outlet {
    sender: Sender<Delivery>,
    place: u64,
}

impl Outlet {
    /// Returns an outlet and its other end, for an input at this place among all.
    pub(crate) fn new(place: u64) -> (Outlet, Receiver<Delivery>) {
        let (sender, receiver) = channel();
        (Outlet { sender, place }, receiver)
    }

    /// Returns the place of the input among all.
    pub(crate) fn place(&self) -> u64 {
        self.place
    }

    /// Hands a report over.
    pub(crate) fn report(&self, report: FileReport) {
        // The other end is gone once the batch was stopped: nobody wants the report any more.
        let _ = self.sender.send(Delivery::Report(Box::new(report)));
    }

    /// Makes a place for the reports of another task, whose memory the ticket stands for.
    pub(crate) fn branch(&self, ticket: Ticket) -> Outlet {
        let (outlet, receiver) = Outlet::new(self.place);
        // As above.
        let _ = self.sender.send(Delivery::Later(receiver, ticket));
        outlet
    }
}

/// Memory that the members of archives hold until they are delivered.
#[derive(Debug, Clone, Default)]
pub(crate) struct InFlight(Arc<AtomicU64>);

impl InFlight {
    /// Takes so many bytes, here and there.
    pub(crate) fn take(&self, other: &InFlight, bytes: u64) -> Ticket {
        self.0.fetch_add(bytes, Ordering::Relaxed);
        other.0.fetch_add(bytes, Ordering::Relaxed);
        Ticket { bytes, of: [self.clone(), other.clone()] }
    }

    /// Returns whether so many more stay below the limit; one is always let in.
    pub(crate) fn has_room(&self, bytes: u64, limit: u64) -> bool {
        let taken = self.0.load(Ordering::Relaxed);
        taken == 0 || taken.saturating_add(bytes) <= limit
    }
}

/// A share of the memory in flight; given back when dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    bytes: u64,
    of: [InFlight; 2],
}

impl Drop for Ticket {
    fn drop(&mut self) {
        for of in &self.of {
            of.0.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

/// The work that waits. Members go before inputs: an archive that was begun is finished first.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    members: VecDeque<Task>,
    inputs: VecDeque<Task>,
    closed: bool,
}

impl Waiting {
    fn pop(&mut self) -> Option<Task> {
        self.members.pop_front().or_else(|| self.inputs.pop_front())
    }
}

impl Queue {
    /// Adds a task.
    pub(crate) fn push(&self, task: Task) {
        let mut waiting = self.lock();
        match task {
            Task::Input(..) => waiting.inputs.push_back(task),
            Task::Member { .. } => waiting.members.push_back(task),
        }
        drop(waiting);
        self.changed.notify_all();
    }

    /// Waits for a task; `None` when there will be no more.
    pub(crate) fn next(&self) -> Option<Task> {
        let mut waiting = self.lock();
        loop {
            let task = waiting.pop();
            if task.is_some() || waiting.closed {
                return task;
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Returns a task that waits, if one does.
    pub(crate) fn waiting(&self) -> Option<Task> {
        self.lock().pop()
    }

    /// Waits until `condition` holds, or for a member that can be read meanwhile.
    pub(crate) fn member_until(&self, condition: impl Fn() -> bool) -> Option<Task> {
        let mut waiting = self.lock();
        loop {
            if condition() || waiting.closed {
                return None;
            }
            if let Some(task) = waiting.members.pop_front() {
                return Some(task);
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Wakes those who wait for a condition.
    pub(crate) fn notify(&self) {
        // Whoever is about to wait holds the lock, and has seen the condition as it was before.
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Ends the waiting: what is still in the queue is done, and nothing comes after it.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nobody panics between taking and giving back the lock; and were it so, a list of tasks cannot be half changed.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
