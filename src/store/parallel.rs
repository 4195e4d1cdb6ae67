//! Work shared among cores.
//!
//! Not by rayon's pool: its threads may all be parsing, and waiting for this very work to be done.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Applies `work` to every item, on all cores; returns the results in the order of the items, or the first error in that order.
pub(crate) fn try_map<Item: Sync, Value: Send, Error: Send>(
    items: &[Item],
    work: impl Fn(&Item) -> Result<Value, Error> + Sync,
) -> Result<Vec<Value>, Error> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    if items.len() < 2 || cores < 2 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<Value, Error>)>> = Mutex::new(Vec::with_capacity(items.len()));
    let run = || {
        while let Some((index, item)) = take(&next, items) {
            let value = work(item);
            // A poisoned lock means that another thread panicked, which the scope passes on.
            let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            done.push((index, value));
        }
    };
    thread::scope(|scope| {
        for _ in 1..cores.min(items.len()) {
            scope.spawn(run);
        }
        run();
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, value)| value).collect()
}

fn take<'items, Item>(next: &AtomicUsize, items: &'items [Item]) -> Option<(usize, &'items Item)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    items.get(index).map(|item| (index, item))
}
