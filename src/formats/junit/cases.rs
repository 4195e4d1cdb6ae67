//! The test cases of a document, of which there may be more than fit into memory.
//!
//! Nothing can be made of a test case before the last is read: files that later ones name decide upon the ids of the first. So they are
//! kept as they are, and packed once they take too much memory. What must be known of all of them is gathered from each page before it is
//! packed ([`Facts`](super::facts::Facts)).

use std::path::PathBuf;
use std::sync::Arc;

use super::packed_case::{pack, unpack};
use super::raw::{Names, RawCase, RawDocument};
use crate::formats::ReadOptions;
use crate::model::Results;
use crate::paging::{PAGE_BYTES, Pages};

/// Test cases in order.
#[derive(Debug, Default)]
pub(super) struct RawCases {
    pages: Pages,
    /// The last ones: all, where none is packed. Their names are those of the document at hand.
    last: Vec<RawCase>,
    /// About how many bytes the last ones take.
    bytes: usize,
    most: usize,
}

/// About how many bytes of test cases and their results are held as they are.
const HELD_BYTES: usize = 48 << 20;

/// How much is held as it is, and where the rest goes.
#[derive(Debug, Clone)]
pub(super) struct Room {
    pub(super) bytes: usize,
    pub(super) directory: Option<PathBuf>,
}

impl Room {
    pub(super) fn of(options: &ReadOptions) -> Room {
        Room { bytes: options.held_results.unwrap_or(HELD_BYTES), directory: options.overflow.clone() }
    }
}

impl RawCases {
    pub(super) fn within(room: &Room) -> RawCases {
        let pages = Pages::new(room.directory.as_deref());
        RawCases { pages, last: Vec::new(), bytes: 0, most: room.bytes }
    }

    /// Returns how many there are.
    pub(super) fn len(&self) -> usize {
        self.pages.all_items() + self.last.len()
    }

    /// Returns those that are not packed.
    pub(super) fn last(&self) -> &[RawCase] {
        &self.last
    }

    /// Returns the container for their results: where the test cases were too many, the results are, too.
    pub(super) fn results(&self, room: &Room) -> Results {
        if !self.are_packed() {
            return Vec::with_capacity(self.last.len()).into();
        }
        Results::within(room.bytes.min(PAGE_BYTES), room.directory.as_deref())
    }

    /// Returns whether any are packed.
    pub(super) fn are_packed(&self) -> bool {
        !self.pages.is_empty()
    }

    /// Returns why some are missing, where a page could not be read back.
    pub(super) fn fault(&self) -> Option<&str> {
        self.pages.fault()
    }

    /// Shows those that are packed, each with the names of its page, in order.
    pub(super) fn each_packed(&self, names: &mut Names, mut show: impl FnMut(&RawCase, &Names)) {
        let last = names.exchange(String::new());
        for (cases, text) in self.pages.unpack_each(unpack) {
            names.exchange(text);
            cases.iter().for_each(|case| show(case, names));
        }
        names.exchange(last);
    }

    /// Takes all of them, page by page. The names are always those of the page at hand.
    pub(super) fn take_each(&mut self, names: &mut Names, mut take: impl FnMut(RawCase, &Names)) {
        let last = names.exchange(String::new());
        for (cases, text) in self.pages.unpack_each(unpack) {
            names.exchange(text);
            cases.into_iter().for_each(|case| take(case, names));
        }
        names.exchange(last);
        std::mem::take(&mut self.last).into_iter().for_each(|case| take(case, names));
    }

    /// Packs those that are not.
    fn pack(&mut self, names: &mut Names) {
        let text = Arc::new(names.exchange(String::new()));
        let weight = |case: &RawCase| case.weight();
        self.pages.pack(std::mem::take(&mut self.last), weight, move |page, packer| pack(page, &text, packer));
        // From now on, as many as a page has are enough.
        self.bytes = 0;
        self.most = self.most.min(PAGE_BYTES);
    }
}

impl RawDocument {
    /// Adds a test case. Its name must be the last that was added to the names.
    pub(super) fn add(&mut self, case: RawCase) {
        let RawDocument { cases, names, facts, .. } = self;
        cases.bytes += case.weight();
        cases.last.push(case);
        if cases.bytes > cases.most {
            facts.see(&cases.last, names);
            cases.pack(names);
        }
    }
}
