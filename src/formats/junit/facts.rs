//! What must be known of all test cases before anything can be made of the first.

use super::addresses::Shown;
use super::producer::says_pytest;
use super::raw::{Names, RawCase};
use super::suites::OnlyTests;
use super::totals::Found;

/// Facts of the test cases that are packed. Of the others they are found where they are asked for, which for most documents is all.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Some test case has words that only pytest writes.
    pub(super) says_pytest: bool,
    /// What is counted, if the document is pytest's, and if it is not.
    pub(super) of_pytest: Found,
    pub(super) of_other: Found,
    pub(super) only_tests: OnlyTests,
    /// What they show of files.
    pub(super) shown: Shown,
    /// Some test case names its file.
    pub(super) names_files: bool,
}

impl Facts {
    /// Takes note of test cases that are about to be packed.
    pub(super) fn see(&mut self, cases: &[RawCase], names: &Names) {
        self.says_pytest = self.says_pytest || says_pytest(cases);
        self.of_pytest.add_pytest(cases);
        self.of_other.add_other(cases);
        self.only_tests.add(cases);
        self.shown.show(cases, names);
        self.names_files = self.names_files || cases.iter().any(|case| case.file().is_some());
    }
}
