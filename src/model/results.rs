//! The results of a session, of which there may be more than fit into memory.

use std::borrow::Cow;
use std::fmt;
use std::iter::Flatten;
use std::path::Path;
use std::{slice, vec};

use super::packed_result::{pack, unpack};
use super::{Outcome, TestResult};
use crate::paging::{PAGE_BYTES, Packer, Pages, UnpackEach};

/// The results of a session, in order.
///
/// They are held as they are. Where the reader was told a limit, those before the last are packed once all take more memory than that:
/// some thousands in a page, and the pages in a temporary file, if there is a place for one. What is asked of the results is then answered
/// page by page, so that one is taken apart at a time.
#[derive(Clone, Default)]
pub struct Results {
    /// The last ones: all, where none is packed.
    unpacked: Vec<TestResult>,
    /// `None` where all stay as they are.
    packing: Option<Box<Packing>>,
}

/// Results that are packed, and when the next ones are.
#[derive(Debug, Clone)]
struct Packing {
    pages: Pages,
    /// About how many bytes the unpacked ones take.
    bytes: usize,
    /// How many they may.
    most: usize,
    /// Whether some packed result may be an attempt of a test that was repeated.
    repeated: bool,
}

impl Results {
    /// Returns none, of which those that come are packed beyond about so many bytes, into a file in this directory, where there is one.
    pub fn within(most: usize, directory: Option<&Path>) -> Results {
        let packing = Packing { pages: Pages::new(directory), bytes: 0, most, repeated: false };
        Results { unpacked: Vec::new(), packing: Some(Box::new(packing)) }
    }

    /// Adds a result.
    pub fn push(&mut self, result: TestResult) {
        let Some(packing) = &mut self.packing else { return self.unpacked.push(result) };
        packing.bytes += weight(&result);
        self.unpacked.push(result);
        if packing.bytes > packing.most {
            packing.pack(std::mem::take(&mut self.unpacked));
        }
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.pages().map_or(0, Pages::all_items) + self.unpacked.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.unpacked.is_empty() && self.pages().is_none_or(Pages::is_empty)
    }

    /// Returns all in order; those that are packed one page at a time.
    pub fn iter(&self) -> Iter<'_> {
        Iter { packed: self.packed(), unpacked: self.unpacked.iter() }
    }

    /// Returns all of them in one piece, where none is packed.
    pub fn as_slice(&self) -> Option<&[TestResult]> {
        self.pages().is_none().then_some(&self.unpacked)
    }

    /// Returns all of them, unpacked: for sessions that are known to be small.
    pub fn to_vec(&self) -> Vec<TestResult> {
        self.iter().map(Cow::into_owned).collect()
    }

    /// Returns the result at a place.
    pub fn get(&self, place: usize) -> Option<Cow<'_, TestResult>> {
        let Some(pages) = self.pages() else { return self.unpacked.get(place).map(Cow::Borrowed) };
        match pages.find(place) {
            Some((page, start)) => pages.unpacked(page, unpack).into_iter().nth(place - start).map(Cow::Owned),
            None => self.unpacked.get(place - pages.all_items()).map(Cow::Borrowed),
        }
    }

    /// Changes each result.
    pub fn update(&mut self, mut change: impl FnMut(&mut TestResult)) {
        self.rewrite(|results, _, _| results.iter_mut().for_each(&mut change));
    }

    /// Keeps the results for which this is so.
    pub fn retain(&mut self, mut keep: impl FnMut(&TestResult) -> bool) {
        self.rewrite(|results, _, _| results.retain(&mut keep));
    }

    /// Changes the results piece by piece. `change` gets a piece, the place of its first result, and a way to the results behind it, by the
    /// places that they have before the change. A page in which nothing changes stays what it is.
    pub(crate) fn rewrite(&mut self, mut change: impl FnMut(&mut Vec<TestResult>, usize, &mut Behind<'_>)) {
        let mut start = 0;
        if let Some(packing) = &mut self.packing {
            start = packing.rewrite(&self.unpacked, &mut change);
        }
        change(&mut self.unpacked, start, &mut Behind::default());
    }

    /// Returns whether any result may be an attempt of a test that was repeated.
    pub(crate) fn may_have_reruns(&self) -> bool {
        self.packing.as_ref().is_some_and(|packing| packing.repeated) || self.unpacked.iter().any(is_repeated)
    }

    /// Returns why results are missing, where a temporary file could not be read back. Who hands results on must ask when all were seen.
    pub fn fault(&self) -> Option<&str> {
        self.packing.as_ref()?.pages.fault()
    }

    /// Notes that results are missing.
    pub(crate) fn set_fault(&mut self, reason: &str) {
        let packing = self.packing.get_or_insert_with(|| {
            Box::new(Packing { pages: Pages::default(), bytes: 0, most: usize::MAX, repeated: false })
        });
        packing.pages.set_fault(reason);
    }

    /// Returns the packed ones, where there are any.
    fn packed(&self) -> Option<Flatten<UnpackEach<Vec<TestResult>>>> {
        self.pages().map(|pages| pages.unpack_each(unpack).flatten())
    }

    /// Returns the pages, where there are any.
    fn pages(&self) -> Option<&Pages> {
        self.packing.as_ref().map(|packing| &packing.pages).filter(|pages| !pages.is_empty())
    }
}

impl Packing {
    /// Packs results; from now on, as many as a page has are enough.
    fn pack(&mut self, results: Vec<TestResult>) {
        self.repeated |= results.iter().any(is_repeated);
        self.pages.pack(results, weight, pack);
        self.bytes = 0;
        self.most = self.most.min(PAGE_BYTES);
    }

    /// Changes the packed results, behind which the others stand; returns how many there were.
    fn rewrite(
        &mut self,
        tail: &[TestResult],
        change: &mut impl FnMut(&mut Vec<TestResult>, usize, &mut Behind<'_>),
    ) -> usize {
        let pages = self.pages.clone();
        self.pages = pages.successor();
        let mut behind = Behind { pages: Some(&pages), tail, start: pages.all_items(), last: None };
        let mut packer = Packer::default();
        let mut start = 0;
        for page in 0..pages.len() {
            let before = pages.read(page);
            let mut results = pages.unpacked_from(before.as_deref(), page, unpack);
            change(&mut results, start, &mut behind);
            start += pages.items(page);
            packer.clear();
            pack(&results, &mut packer);
            if before.as_deref() == Some(packer.bytes()) {
                self.pages.share(&pages, page);
            } else if !results.is_empty() {
                self.repeated |= results.iter().any(is_repeated);
                self.pages.push(results.len(), packer.bytes());
            }
        }
        start
    }
}

/// The results behind a piece that is being changed.
#[derive(Default)]
pub(crate) struct Behind<'results> {
    pages: Option<&'results Pages>,
    tail: &'results [TestResult],
    /// The place of the first in the tail.
    start: usize,
    /// The page that was asked last, and the place of its first result.
    last: Option<(usize, Vec<TestResult>)>,
}

impl Behind<'_> {
    /// Returns a copy of the result at a place.
    pub(crate) fn get(&mut self, place: usize) -> Option<TestResult> {
        if place >= self.start {
            return self.tail.get(place - self.start).cloned();
        }
        let found = |last: &Option<(usize, Vec<TestResult>)>| {
            last.as_ref().and_then(|(start, results)| results.get(place.checked_sub(*start)?).cloned())
        };
        if let Some(result) = found(&self.last) {
            return Some(result);
        }
        let pages = self.pages?;
        let (page, start) = pages.find(place)?;
        self.last = Some((start, pages.unpacked(page, unpack)));
        found(&self.last)
    }
}

/// Returns about how many bytes of memory a result takes.
fn weight(result: &TestResult) -> usize {
    let texts =
        [&result.caplog, &result.capstderr, &result.capstdout, &result.longreprtext, &result.reason, &result.worker];
    let texts: usize = texts.into_iter().flatten().map(|text| text.len() + TEXT).sum();
    let subtests = result.subtests.iter().map(|subtest| {
        subtest.description.len() + subtest.longreprtext.as_ref().map_or(0, String::len) + size_of_val(subtest)
    });
    let properties = result.properties.iter().map(|(name, value)| name.len() + value.len() + 2 * TEXT);
    size_of::<TestResult>()
        + result.node_id.as_str().len()
        + TEXT
        + texts
        + subtests.sum::<usize>()
        + properties.sum::<usize>()
}

/// What a text takes beside its bytes.
const TEXT: usize = 24;

fn is_repeated(result: &TestResult) -> bool {
    result.outcome == Outcome::Rerun || result.attempt > 1
}

/// Results in order.
#[derive(Debug, Clone)]
pub struct Iter<'results> {
    packed: Option<Flatten<UnpackEach<Vec<TestResult>>>>,
    unpacked: slice::Iter<'results, TestResult>,
}

impl<'results> Iterator for Iter<'results> {
    type Item = Cow<'results, TestResult>;

    fn next(&mut self) -> Option<Cow<'results, TestResult>> {
        if let Some(packed) = &mut self.packed {
            if let Some(result) = packed.next() {
                return Some(Cow::Owned(result));
            }
            self.packed = None;
        }
        self.unpacked.next().map(Cow::Borrowed)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let least = self.unpacked.len();
        (least, self.packed.is_none().then_some(least))
    }
}

/// Results in order, each given away.
#[derive(Debug)]
pub struct IntoIter {
    packed: Option<Flatten<UnpackEach<Vec<TestResult>>>>,
    unpacked: vec::IntoIter<TestResult>,
}

impl Iterator for IntoIter {
    type Item = TestResult;

    fn next(&mut self) -> Option<TestResult> {
        if let Some(packed) = &mut self.packed {
            if let Some(result) = packed.next() {
                return Some(result);
            }
            self.packed = None;
        }
        self.unpacked.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let least = self.unpacked.len();
        (least, self.packed.is_none().then_some(least))
    }
}

impl IntoIterator for Results {
    type Item = TestResult;
    type IntoIter = IntoIter;

    fn into_iter(self) -> IntoIter {
        IntoIter { packed: self.packed(), unpacked: self.unpacked.into_iter() }
    }
}

impl<'results> IntoIterator for &'results Results {
    type Item = Cow<'results, TestResult>;
    type IntoIter = Iter<'results>;

    fn into_iter(self) -> Iter<'results> {
        self.iter()
    }
}

impl From<Vec<TestResult>> for Results {
    fn from(results: Vec<TestResult>) -> Results {
        Results { unpacked: results, packing: None }
    }
}

impl<const COUNT: usize> From<[TestResult; COUNT]> for Results {
    fn from(results: [TestResult; COUNT]) -> Results {
        Vec::from(results).into()
    }
}

impl FromIterator<TestResult> for Results {
    fn from_iter<Items: IntoIterator<Item = TestResult>>(results: Items) -> Results {
        Vec::from_iter(results).into()
    }
}

impl Extend<TestResult> for Results {
    fn extend<Items: IntoIterator<Item = TestResult>>(&mut self, results: Items) {
        if self.packing.is_none() {
            return self.unpacked.extend(results);
        }
        results.into_iter().for_each(|result| self.push(result));
    }
}

impl PartialEq for Results {
    fn eq(&self, other: &Results) -> bool {
        match (self.as_slice(), other.as_slice()) {
            (Some(results), Some(others)) => results == others,
            _ => self.len() == other.len() && self.iter().eq(other.iter()),
        }
    }
}

impl fmt::Debug for Results {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::model::arbitrary::test_result;
    use crate::model::{OutcomeCounts, rerun_test_groups};

    /// The results with few in a page, and all but the last packed.
    fn packed(results: &[TestResult], directory: Option<&Path>) -> Results {
        let mut packed = Results::within(0, directory);
        results.chunks(3).for_each(|page| packed.extend(page.iter().cloned()));
        packed
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn packed_results_are_what_they_were(results in vec(test_result(), 0..20), most in 0..2000_usize) {
            let plain = Results::from(results.clone());
            let mut some = Results::within(most, None);
            some.extend(results.iter().cloned());
            for packed in [packed(&results, None), some] {
                prop_assert_eq!(&packed, &plain);
                prop_assert_eq!(packed.len(), results.len());
                prop_assert_eq!(packed.to_vec(), results.clone());
                prop_assert_eq!(packed.clone().into_iter().collect::<Vec<_>>(), results.clone());
                for (place, result) in results.iter().enumerate() {
                    prop_assert_eq!(packed.get(place).map(Cow::into_owned), Some(result.clone()));
                }
                prop_assert_eq!(packed.get(results.len()), None);
                prop_assert_eq!(OutcomeCounts::of(&packed), OutcomeCounts::of(&plain));
                prop_assert_eq!(rerun_test_groups(&packed), rerun_test_groups(&plain));
            }
        }

        #[test]
        fn packed_results_change_as_others_do(results in vec(test_result(), 0..20)) {
            let change = |result: &mut TestResult| {
                if result.attempt == 2 {
                    result.outcome = Outcome::Rerun;
                    result.reason = Some("changed".into());
                }
            };
            let keep = |result: &TestResult| result.has_warning != Some(true);
            let (mut plain, mut packed) = (Results::from(results.clone()), packed(&results, None));
            for results in [&mut plain, &mut packed] {
                results.update(change);
                results.retain(keep);
                results.push(TestResult::new("last", Outcome::Passed));
            }
            prop_assert_eq!(&packed, &plain);
            prop_assert_eq!(rerun_test_groups(&packed), rerun_test_groups(&plain));
        }
    }

    #[test]
    fn a_change_sees_what_stands_behind_it() {
        let results: Vec<TestResult> =
            (0..10).map(|place| TestResult::new(format!("test_{place}"), Outcome::Passed)).collect();
        for mut changed in [packed(&results, None), results.clone().into()] {
            changed.rewrite(|piece, start, behind| {
                for (place, result) in piece.iter_mut().enumerate() {
                    let mirrored = behind.get(9 - (start + place));
                    result.reason = mirrored.map(|result| result.node_id.as_str().into());
                }
            });
            let all_are_seen = changed.pages().is_some();
            assert_eq!(changed.get(2).unwrap().reason.as_deref(), all_are_seen.then_some("test_7"));
        }
    }

    #[test]
    fn nothing_is_lost_where_there_is_no_room_for_a_file() {
        let result = |place: usize| TestResult {
            longreprtext: Some(format!("{place:0200}").into()),
            ..TestResult::new(format!("tests/test_{place}.py::test_it"), Outcome::Failed)
        };
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing");
        let plain: Results = (0..40_000).map(result).collect();
        for directory in [None, Some(missing.as_path()), Some(directory.path())] {
            let mut packed = Results::within(1 << 20, directory);
            (0..40_000).for_each(|place| packed.push(result(place)));
            assert!(packed.pages().is_some_and(|pages| pages.len() > 5));
            assert_eq!((&packed, packed.fault()), (&plain, None));
        }
    }

    #[test]
    fn a_change_that_meets_a_page_of_something_else_is_a_fault() {
        let mut results = Results::within(0, None);
        results.push(TestResult::new("a", Outcome::Passed));
        if let Some(packing) = &mut results.packing {
            packing.pages.push(3, b"no results");
        }
        results.update(|result| result.attempt = 2);
        assert!(results.fault().is_some_and(|fault| fault.contains("something else")), "{results:?}");
    }
}
