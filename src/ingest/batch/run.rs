//! The workers and the one who feeds them.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::thread;

use super::deliver::deliver_input;
use super::items::{InputSpec, items};
use super::queue::{Delivery, Outlet, Task};
use super::work::{Context, Crew, run_task};
use crate::ingest::group::Grouper;
use crate::ingest::{FileReport, IngestOptions};

/// Readers of nested documents may go deep; the memory is only taken where they do.
const STACK: usize = 16 << 20;
/// What the smallest input counts for, so that many empty files are bounded too.
const LIGHTEST: u64 = 16 << 10;

/// How a batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IngestEnd {
    /// Every input was read and delivered.
    Finished,
    /// `deliver` asked to stop.
    Stopped,
}

/// Reads inputs of every kind and delivers a report for each file, in the order of `inputs` and, below a directory or in an archive, in a fixed
/// order of names. Never fails as a whole: what cannot be read is a report too.
///
/// `deliver` is called on this thread, while the workers read ahead; [`IngestOptions::jobs`] says how many they are.
pub fn read_inputs(
    inputs: Vec<InputSpec>,
    options: &IngestOptions,
    deliver: &mut dyn FnMut(FileReport) -> ControlFlow<()>,
) -> IngestEnd {
    let mut grouper = Grouper::new(options);
    let end = run(inputs, options, options.jobs.get(), &mut |report| grouper.push(report, deliver));
    match end {
        IngestEnd::Finished if grouper.finish(deliver).is_continue() => IngestEnd::Finished,
        IngestEnd::Finished | IngestEnd::Stopped => IngestEnd::Stopped,
    }
}

fn run(
    inputs: Vec<InputSpec>,
    options: &IngestOptions,
    jobs: usize,
    deliver: &mut dyn FnMut(FileReport) -> ControlFlow<()>,
) -> IngestEnd {
    let context = Context::new(options, Crew::Workers);
    let alone = Context::new(options, Crew::Alone);
    thread::scope(|scope| {
        // Whatever happens here, `deliver` panicking included, the workers must not wait for more work for ever.
        let closing = Closing(&context);
        let workers = (0..jobs)
            .map_while(|_| {
                let builder = thread::Builder::new().name("insight-reader".to_owned()).stack_size(STACK);
                builder.spawn_scoped(scope, || work(&context)).ok()
            })
            .count();
        let end = feed(inputs, if workers == 0 { &alone } else { &context }, deliver);
        if end == IngestEnd::Stopped {
            context.stop.store(true, Ordering::Relaxed);
        }
        drop(closing);
        end
    })
}

fn work(context: &Context<'_>) {
    while let Some(task) = context.queue.next() {
        run_task(context, task);
    }
}

fn feed(
    inputs: Vec<InputSpec>,
    context: &Context<'_>,
    deliver: &mut dyn FnMut(FileReport) -> ControlFlow<()>,
) -> IngestEnd {
    let mut items = items(inputs, context.options);
    let mut window = Window::new(context);
    for place in 0.. {
        while window.has_room() {
            let Some(item) = items.next() else {
                window.exhausted = true;
                break;
            };
            let weight = item.weight();
            let (outlet, receiver) = Outlet::new(window.fed);
            context.queue.push(Task::Input(item, outlet));
            window.push(receiver, weight);
        }
        context.front.store(place, Ordering::Relaxed);
        context.queue.notify();
        if context.crew == Crew::Alone {
            while let Some(task) = context.queue.waiting() {
                run_task(context, task);
            }
        }
        let Some(receiver) = window.pop() else { break };
        if deliver_input(receiver, &context.queue, deliver).is_break() {
            return IngestEnd::Stopped;
        }
    }
    IngestEnd::Finished
}

/// The inputs that were handed out and not yet delivered.
struct Window {
    inputs: VecDeque<(Receiver<Delivery>, u64)>,
    weight: u64,
    limit: u64,
    fed: u64,
    exhausted: bool,
}

impl Window {
    fn new(context: &Context<'_>) -> Window {
        let limit = match context.crew {
            Crew::Workers => context.options.limits.max_in_flight_bytes,
            Crew::Alone => 0,
        };
        Window { inputs: VecDeque::new(), weight: 0, limit, fed: 0, exhausted: false }
    }

    fn has_room(&self) -> bool {
        !self.exhausted && (self.inputs.is_empty() || self.weight < self.limit)
    }

    /// A huge input counts for a quarter of the room at most: while it is read, the others go on.
    fn push(&mut self, receiver: Receiver<Delivery>, weight: Option<u64>) {
        let heaviest = (self.limit / 4).max(LIGHTEST);
        let weight = weight.unwrap_or(heaviest).clamp(LIGHTEST, heaviest);
        self.weight += weight;
        self.fed += 1;
        self.inputs.push_back((receiver, weight));
    }

    fn pop(&mut self) -> Option<Receiver<Delivery>> {
        let (receiver, weight) = self.inputs.pop_front()?;
        self.weight -= weight;
        Some(receiver)
    }
}

/// Ends the workers' waiting when dropped, by whatever way.
struct Closing<'a>(&'a Context<'a>);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop.store(true, Ordering::Relaxed);
        }
        self.0.queue.close();
    }
}
