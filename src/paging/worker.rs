//! A second pair of hands.
//!
//! Pages are packed and unpacked while the input is read and judged. Nothing ever waits for the worker to begin: who needs what it has not
//! begun with does that work itself. So it cannot be in the way of anybody, and may as well not be there.

use std::fmt;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;

type Work = Box<dyn FnOnce() + Send>;

/// The way to the worker, for the whole process; `None` where no thread can be had.
static WORKER: LazyLock<Option<Sender<Work>>> = LazyLock::new(|| {
    let (sender, receiver) = channel::<Work>();
    let work = move || receiver.into_iter().for_each(|work| work());
    thread::Builder::new().name("paging".to_owned()).spawn(work).ok().map(|_| sender)
});

/// Something that is made by the worker, or by who needs it first. A copy is the same thing.
pub(super) struct Made<Value> {
    state: Arc<Mutex<State<Value>>>,
}

enum State<Value> {
    Waiting(Box<dyn FnOnce() -> Value + Send>),
    Done(Value),
    Gone,
}

impl<Value: Send + 'static> Made<Value> {
    /// Something that is there.
    pub(super) fn done(value: Value) -> Made<Value> {
        Made { state: Arc::new(Mutex::new(State::Done(value))) }
    }

    /// Asks the worker to make it.
    pub(super) fn later(make: impl FnOnce() -> Value + Send + 'static) -> Made<Value> {
        let made = Made { state: Arc::new(Mutex::new(State::Waiting(Box::new(make)))) };
        if let Some(worker) = &*WORKER {
            let same = made.clone();
            // If the worker has ended, who needs it does the work.
            let _ = worker.send(Box::new(move || drop(same.settle())));
        }
        made
    }

    /// Returns whether it is made, or gone.
    pub(super) fn is_done(&self) -> bool {
        self.state.try_lock().is_ok_and(|state| !matches!(*state, State::Waiting(_)))
    }

    /// Takes it, when it is made; `None` where it was taken before, or could not be made.
    pub(super) fn take(&self) -> Option<Value> {
        match std::mem::replace(&mut *self.settle(), State::Gone) {
            State::Done(value) => Some(value),
            State::Waiting(_) | State::Gone => None,
        }
    }

    /// Makes it, if nobody has begun with it. Where that panicked, it is gone.
    fn settle(&self) -> MutexGuard<'_, State<Value>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = match std::mem::replace(&mut *state, State::Gone) {
            State::Waiting(make) => State::Done(make()),
            settled => settled,
        };
        state
    }
}

impl<Value: Clone + Send + 'static> Made<Value> {
    /// Returns a copy, when it is made; `None` where it was taken, or could not be made.
    pub(super) fn get(&self) -> Option<Value> {
        match &*self.settle() {
            State::Done(value) => Some(value.clone()),
            State::Waiting(_) | State::Gone => None,
        }
    }
}

impl<Value> Clone for Made<Value> {
    fn clone(&self) -> Made<Value> {
        Made { state: Arc::clone(&self.state) }
    }
}

impl<Value> fmt::Debug for Made<Value> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Made").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_made_once_by_whoever_comes_first() {
        let made: Vec<Made<u64>> = (0..1000).map(|number| Made::later(move || number * 2)).collect();
        assert!(Made::done(1).is_done());
        for (number, made) in (0..).zip(&made) {
            assert_eq!(
                (made.get(), made.clone().take(), made.take(), made.get()),
                (Some(number * 2), Some(number * 2), None, None)
            );
        }
    }

    #[test]
    fn what_cannot_be_made_is_gone() {
        let make = || panic!("on purpose");
        let made: Made<u64> = Made { state: Arc::new(Mutex::new(State::Waiting(Box::new(make)))) };
        let broken = made.clone();
        thread::spawn(move || drop(broken.settle())).join().expect_err("it panics");
        assert_eq!((made.get(), made.take()), (None, None));
    }
}
