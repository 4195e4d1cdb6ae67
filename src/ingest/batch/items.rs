//! From what the user named to single files.

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use crate::ingest::walk::{Met, walk};
use crate::ingest::{IngestOptions, Recursion};

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

/// Lists all inputs, one by one.
pub(crate) fn items(inputs: Vec<InputSpec>, options: &IngestOptions) -> impl Iterator<Item = Item> + '_ {
    inputs.into_iter().flat_map(|input| -> Box<dyn Iterator<Item = Item> + '_> {
        match input {
            InputSpec::Path(path) if options.recursion == Recursion::Walk && path.is_dir() => {
                Box::new(walk(path, options).map(Item::Met))
            }
            InputSpec::Path(path) => Box::new(std::iter::once(Item::Given(path))),
            InputSpec::Stream { name, reader } => Box::new(std::iter::once(Item::Stream(name, reader))),
        }
    })
}
