//! Reading files, directories and archives of every kind.

mod archives;
mod hostile;
mod runs;
mod support;
mod walk;
