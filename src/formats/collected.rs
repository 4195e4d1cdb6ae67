//! What became of the collection of files: a file that could not be collected, or was skipped as a whole, is a result of its own.

use std::collections::HashMap;

use crate::model::{Outcome, TestResult};

/// The results of files, each once.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    results: Vec<TestResult>,
    indices: HashMap<String, usize>,
}

impl Collected {
    /// Adds a file's result. A file can be collected twice, as a module and for its doctests: a failure counts more than a skip,
    /// and the first more than the second.
    pub(crate) fn add(&mut self, result: TestResult) {
        let place = self.indices.get(result.node_id.as_str()).and_then(|at| self.results.get_mut(*at));
        match place {
            None => {
                self.indices.insert(result.node_id.as_str().to_owned(), self.results.len());
                self.results.push(result);
            }
            Some(before) if before.outcome == Outcome::Skipped => *before = result,
            Some(_) => {}
        }
    }

    /// Returns the results in the order in which their files were first named.
    pub(crate) fn into_results(self) -> Vec<TestResult> {
        self.results
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_collected_twice_is_one_result() {
        let mut collected = Collected::default();
        for (path, outcome) in
            [("a.py", Outcome::Skipped), ("b.py", Outcome::Error), ("a.py", Outcome::Error), ("b.py", Outcome::Skipped)]
        {
            collected.add(TestResult::new(path, outcome));
        }
        let found: Vec<_> =
            collected.into_results().into_iter().map(|result| (result.node_id.into_string(), result.outcome)).collect();
        assert_eq!(found, [("a.py".to_owned(), Outcome::Error), ("b.py".to_owned(), Outcome::Error)]);
    }
}
