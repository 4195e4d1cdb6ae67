//! Pages, wherever they lie.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use zstd::bulk::{Compressor, Decompressor};

use super::PAGE_BYTES;
use super::file::PageFile;

/// How many bytes of compressed pages stay in memory, where there is a file for the others.
const HELD_BYTES: usize = 4 << 20;
/// Packing is done by whoever reads the input, who has better things to do than to search for the last byte.
const LEVEL: i32 = -1;

/// Bytes in pages. A copy shares the pages.
#[derive(Clone, Default)]
pub(crate) struct Pages {
    pages: Vec<Arc<Page>>,
    directory: Option<Arc<Path>>,
    file: Option<Arc<PageFile>>,
    /// How many bytes of pages are in memory.
    held: usize,
    /// Why a page could not be read: the same for all copies.
    fault: Arc<OnceLock<String>>,
    compressor: Scratch,
}

#[derive(Debug)]
struct Page {
    items: usize,
    /// How many bytes it has unpacked.
    length: usize,
    form: Form,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Memory(Box<[u8]>),
    File { file: Arc<PageFile>, start: u64, length: usize },
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Compressed,
    /// As it was handed over: the compressor would not have it.
    Plain,
}

/// A compressor, made for the first page. A copy begins without.
#[derive(Default)]
struct Scratch(Option<Compressor<'static>>);

impl Clone for Scratch {
    fn clone(&self) -> Scratch {
        Scratch(None)
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pages").field("pages", &self.pages).field("directory", &self.directory).finish()
    }
}

impl Pages {
    /// Begins; pages beyond a few megabytes go to a file in this directory, where there is one.
    pub(crate) fn new(directory: Option<&Path>) -> Pages {
        Pages { directory: directory.map(Arc::from), ..Pages::default() }
    }

    /// Returns how many pages there are.
    pub(crate) fn len(&self) -> usize {
        self.pages.len()
    }

    /// Returns whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Returns how many items a page has.
    pub(crate) fn items(&self, page: usize) -> usize {
        self.pages.get(page).map_or(0, |page| page.items)
    }

    /// Returns how many items all pages have.
    pub(crate) fn all_items(&self) -> usize {
        self.pages.iter().map(|page| page.items).sum()
    }

    /// Returns an empty one that goes on in the same file.
    pub(crate) fn successor(&self) -> Pages {
        Pages { pages: Vec::new(), held: 0, ..self.clone() }
    }

    /// Adds a page.
    pub(crate) fn push(&mut self, items: usize, bytes: &[u8]) {
        let (form, kept) = match self.compressed(bytes) {
            Some(compressed) => (Form::Compressed, compressed),
            None => (Form::Plain, bytes.to_vec()),
        };
        let place = self.keep(kept);
        self.pages.push(Arc::new(Page { items, length: bytes.len(), form, place }));
    }

    /// Adds a page of another as it is.
    pub(crate) fn share(&mut self, other: &Pages, page: usize) {
        if let Some(page) = other.pages.get(page) {
            if let Place::Memory(bytes) = &page.place {
                self.held += bytes.len();
            }
            self.pages.push(Arc::clone(page));
        }
    }

    /// Returns what was packed into a page; `None` where it cannot be read, for which [`Pages::fault`] then has the reason.
    pub(crate) fn read(&self, page: usize) -> Option<Vec<u8>> {
        let page = self.pages.get(page)?;
        match page.bytes() {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                self.set_fault(&error.to_string());
                None
            }
        }
    }

    /// Returns the items of a page; none where it cannot be read, or holds something else, for which [`Pages::fault`] then has the reason.
    pub(crate) fn unpacked<Item>(
        &self,
        page: usize,
        unpack: impl FnOnce(&[u8], usize) -> Option<Vec<Item>>,
    ) -> Vec<Item> {
        self.unpacked_from(self.read(page).as_deref(), page, unpack)
    }

    /// The same, of the bytes that [`Pages::read`] returned for the page.
    pub(crate) fn unpacked_from<Item>(
        &self,
        bytes: Option<&[u8]>,
        page: usize,
        unpack: impl FnOnce(&[u8], usize) -> Option<Vec<Item>>,
    ) -> Vec<Item> {
        let Some(bytes) = bytes else { return Vec::new() };
        unpack(bytes, self.items(page)).unwrap_or_else(|| {
            self.set_fault("it holds something else");
            Vec::new()
        })
    }

    /// Returns the page in which the item of this place is, and the place of the first item in that; `None` behind the last page.
    pub(crate) fn find(&self, place: usize) -> Option<(usize, usize)> {
        let mut start = 0;
        (0..self.len()).find_map(|page| {
            let first = start;
            start += self.items(page);
            (place < start).then_some((page, first))
        })
    }

    /// Returns why something is missing, where a page could not be read.
    pub(crate) fn fault(&self) -> Option<&str> {
        self.fault.get().map(String::as_str)
    }

    /// Notes that something is missing.
    pub(crate) fn set_fault(&self, reason: &str) {
        // The first reason is the one to tell.
        let _ = self.fault.set(format!("what was put aside in a temporary file cannot be read back: {reason}"));
    }

    fn compressed(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.compressor.0.is_none() {
            self.compressor.0 = Compressor::new(LEVEL).ok();
        }
        self.compressor.0.as_mut()?.compress(bytes).ok()
    }

    fn keep(&mut self, bytes: Vec<u8>) -> Place {
        if self.held + bytes.len() > HELD_BYTES
            && let Some(file) = self.file()
            // A disk that is full, or gone: the page stays where it is.
            && let Ok(start) = file.append(&bytes)
        {
            return Place::File { file, start, length: bytes.len() };
        }
        self.held += bytes.len();
        Place::Memory(bytes.into_boxed_slice())
    }

    /// Returns the file, if there can be one.
    fn file(&mut self) -> Option<Arc<PageFile>> {
        if self.file.is_none() {
            let directory = self.directory.as_deref()?;
            match PageFile::create(directory) {
                Ok(file) => self.file = Some(Arc::new(file)),
                // It is not tried again for each page.
                Err(_) => self.directory = None,
            }
        }
        self.file.clone()
    }
}

/// Divides items into pages by what they weigh, in bytes of memory.
pub(crate) fn in_pages<Item>(items: &[Item], weight: impl Fn(&Item) -> usize) -> impl Iterator<Item = &[Item]> {
    let mut rest = items;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let within = |item: &&Item| {
            bytes += weight(item);
            bytes <= PAGE_BYTES
        };
        let length = rest.iter().take_while(within).count().max(1).min(rest.len());
        let page;
        (page, rest) = rest.split_at(length);
        (!page.is_empty()).then_some(page)
    })
}

impl Page {
    fn bytes(&self) -> io::Result<Vec<u8>> {
        let read;
        let bytes = match &self.place {
            Place::Memory(bytes) => bytes,
            Place::File { file, start, length } => {
                read = file.read(*start, *length)?;
                read.as_slice()
            }
        };
        match self.form {
            Form::Plain => Ok(bytes.to_vec()),
            Form::Compressed => Decompressor::new()?.decompress(bytes, self.length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages of noise, which does not compress, of twice the size that stays in memory.
    fn filled(directory: Option<&Path>) -> (Pages, Vec<Vec<u8>>) {
        let mut pages = Pages::new(directory);
        let mut random = fastrand::Rng::with_seed(1);
        let contents: Vec<Vec<u8>> =
            (0..8).map(|_| std::iter::repeat_with(|| random.u8(..)).take(1 << 20).collect()).collect();
        contents.iter().for_each(|content| pages.push(3, content));
        (pages, contents)
    }

    #[test]
    fn pages_come_back_from_wherever_they_lie() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing");
        for (directory, in_file) in [(None, false), (Some(directory.path()), true), (Some(missing.as_path()), false)] {
            let (pages, contents) = filled(directory);
            assert_eq!(pages.file.is_some(), in_file, "{directory:?}");
            assert_eq!((pages.len(), pages.items(7), pages.all_items()), (8, 3, 24));
            for (page, content) in contents.iter().enumerate() {
                assert_eq!(pages.read(page).as_ref(), Some(content));
            }
            assert_eq!((pages.fault(), pages.held > HELD_BYTES), (None, !in_file));
        }
    }

    #[test]
    fn a_page_that_cannot_be_read_is_told_of_by_all_copies() {
        let directory = tempfile::tempdir().unwrap();
        let (mut pages, _) = filled(Some(directory.path()));
        let file = pages.file.clone().unwrap();
        pages.pages.push(Arc::new(Page {
            items: 1,
            length: 5,
            form: Form::Plain,
            place: Place::File { file, start: 1 << 40, length: 5 },
        }));
        let copy = pages.clone();
        assert_eq!((copy.read(8), copy.read(0).is_some()), (None, true));
        assert!(pages.fault().is_some_and(|fault| fault.contains("temporary file")), "{:?}", pages.fault());
    }
}
