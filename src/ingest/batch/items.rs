//! From what the user named to single files.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::PathBuf;

use crate::ingest::label::{label, path_label};
use crate::ingest::walk::{Met, walk};
use crate::ingest::{Grouping, IngestOptions, Recursion};

/// One thing that the user named.
pub enum InputSpec {
    /// A file or a directory.
    Path(PathBuf),
    /// A stream, such as standard input.
    Stream {
        /// What to call it; `-` where it has no name.
        name: Option<String>,
        /// The stream.
        reader: Box<dyn Read + Send>,
    },
}

/// One input, of which nothing is known yet.
pub(crate) enum Item {
    /// A file that the user named.
    Given(PathBuf),
    /// A stream that the user named.
    Stream(Option<String>, Box<dyn Read + Send>),
    /// Something below a directory that the user named.
    Met(Met),
}

impl Item {
    /// Returns the input's path as reports show it.
    fn label(&self) -> Option<String> {
        match self {
            Item::Given(path) | Item::Met(Met::File { path, .. } | Met::Settled { path, .. }) => Some(path_label(path)),
            Item::Stream(name, _) => name.as_deref().map(label),
        }
    }

    /// Returns roughly what the input will take of memory, as far as its size tells.
    pub(crate) fn weight(&self) -> Option<u64> {
        match self {
            Item::Given(path) => fs::metadata(path).ok().map(|metadata| metadata.len()),
            Item::Stream(..) => None,
            Item::Met(Met::File { bytes, .. }) => Some(*bytes),
            Item::Met(Met::Settled { .. }) => Some(0),
        }
    }
}

/// Returns how many inputs there are, archives counted as one: what [`read_inputs`](super::read_inputs) reports but for members of archives.
pub fn count_inputs(paths: Vec<PathBuf>, options: &IngestOptions) -> u64 {
    let options = IngestOptions { grouping: Grouping::Apart, ..options.clone() };
    items(paths.into_iter().map(InputSpec::Path).collect(), &options).count() as u64
}

/// Lists all inputs, one by one; those that the user's pattern joins to one run behind one another, at the place of the first.
pub(crate) fn items(inputs: Vec<InputSpec>, options: &IngestOptions) -> Box<dyn Iterator<Item = Item> + '_> {
    let items = inputs.into_iter().flat_map(|input| -> Box<dyn Iterator<Item = Item> + '_> {
        match input {
            InputSpec::Path(path) if options.recursion == Recursion::Walk && path.is_dir() => {
                Box::new(walk(path, options).map(Item::Met))
            }
            InputSpec::Path(path) => Box::new(std::iter::once(Item::Given(path))),
            InputSpec::Stream { name, reader } => Box::new(std::iter::once(Item::Stream(name, reader))),
        }
    });
    match &options.grouping {
        grouping @ Grouping::Path(_) => Box::new(by_key(items.collect(), grouping).into_iter()),
        Grouping::Apart | Grouping::SameRun | Grouping::Directory => Box::new(items),
    }
}

fn by_key(items: Vec<Item>, grouping: &Grouping) -> Vec<Item> {
    let mut first: HashMap<String, usize> = HashMap::new();
    let mut placed: Vec<(usize, Item)> = Vec::with_capacity(items.len());
    for (at, item) in items.into_iter().enumerate() {
        let place = item.label().and_then(|label| grouping.key(&label)).map(|key| *first.entry(key).or_insert(at));
        placed.push((place.unwrap_or(at), item));
    }
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, item)| item).collect()
}
