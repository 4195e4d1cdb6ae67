//! Paths to sessions: opening inputs, telling their format, naming what was read.

mod identity;
mod input;
mod join;

pub use identity::{Digest, name_sessions};
pub use input::{InputError, InputOptions, ReadInput, read_path, read_stream};
pub use join::{join_inputs, join_sessions};
