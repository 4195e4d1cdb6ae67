//! Reading files, directories and archives of every kind.

mod archives;
mod hostile;
mod support;
mod walk;
