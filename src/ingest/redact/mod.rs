//! Secrets out of everything that was read, before it leaves this module: tokens, keys, passwords, also in addresses and headers.
//!
//! A text is searched once for the few letters that every known kind of secret begins with; only where they stand is looked closer. What is
//! masked reads `<redacted:KIND>`. Hashes, UUIDs and revisions are left alone: what makes a secret is its mark or the word before it.

mod assignment;
mod kinds;
mod redactor;
mod session;

pub use redactor::{OwnPattern, OwnPatternError, Redactor};
pub use session::Redaction;
