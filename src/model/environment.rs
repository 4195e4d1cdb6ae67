//! What ran the tests.

use std::collections::BTreeMap;

/// The software a session ran on, as far as the input tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environment {
    /// pytest's version.
    pub pytest: Option<String>,
    /// Python's version.
    pub python: Option<String>,
    /// The platform, in Python's words: `linux`, `win32`, `darwin`.
    pub platform: Option<String>,
    /// pytest's rootdir, absolute.
    pub rootdir: Option<String>,
    /// Plugins by name, with their version where the input gives one.
    pub plugins: BTreeMap<String, Option<String>>,
}
