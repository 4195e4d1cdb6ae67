//! Pages, wherever they lie.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::vec;

use super::codec::{compressed, decompressed};
use super::file::PageFile;
use super::worker::Made;
use super::{PAGE_BYTES, Packer};

/// How many bytes of compressed pages stay in memory, where there is a file for the others.
const HELD_BYTES: usize = 2 << 20;

/// A page of fewer items has texts so large that it is packed and unpacked by who needs it: what one thread allocates and another
/// frees is not given back at once.
const FEW: usize = 16;

/// Bytes in pages. A copy shares the pages.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pages {
    pages: Vec<Page>,
    shelf: Arc<Shelf>,
    /// Why a page could not be read: the same for all copies.
    fault: Fault,
}

/// Why something is missing.
#[derive(Debug, Clone, Default)]
struct Fault(Arc<OnceLock<String>>);

/// A page, which may still be in the making. A copy is the same page.
#[derive(Debug, Clone)]
struct Page {
    items: usize,
    content: Made<Content>,
}

/// What is in a page.
#[derive(Debug, Clone)]
struct Content {
    /// How many bytes it has unpacked.
    length: usize,
    form: Form,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Memory(Arc<[u8]>),
    File { file: Arc<PageFile>, start: u64, length: usize },
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Compressed,
    /// As it was handed over: the compressor would not have it.
    Plain,
}

/// Where pages are put.
#[derive(Debug, Default)]
struct Shelf {
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    /// Where there can be a file.
    directory: Option<PathBuf>,
    file: Option<Arc<PageFile>>,
    /// How many bytes of pages were put into memory.
    held: usize,
}

impl Pages {
    /// Begins; pages beyond a few megabytes go to a file in this directory, where there is one.
    pub(crate) fn new(directory: Option<&Path>) -> Pages {
        let inside = Inside { directory: directory.map(Path::to_owned), ..Inside::default() };
        Pages { shelf: Arc::new(Shelf { inside: Mutex::new(inside) }), ..Pages::default() }
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
        Pages { pages: Vec::new(), ..self.clone() }
    }

    /// Adds a page.
    pub(crate) fn push(&mut self, items: usize, bytes: &[u8]) {
        self.pages.push(Page { items, content: Made::done(self.shelf.put(bytes)) });
    }

    /// Adds pages of items, which are packed while the caller goes on with something else. `weight` is what an item takes, in bytes of
    /// memory.
    pub(crate) fn pack<Item: Send + 'static>(
        &mut self,
        items: Vec<Item>,
        weight: impl Fn(&Item) -> usize,
        pack: impl Fn(&[Item], &mut Packer) + Clone + Send + 'static,
    ) {
        for page in in_pages(items, weight) {
            let (shelf, pack) = (Arc::clone(&self.shelf), pack.clone());
            let items = page.len();
            let make = move || {
                let mut packer = Packer::default();
                pack(&page, &mut packer);
                shelf.put(packer.bytes())
            };
            // No more than one waits to be packed.
            let behind = self.pages.last().is_some_and(|last| !last.content.is_done());
            let content = if behind || items < FEW { Made::done(make()) } else { Made::later(make) };
            self.pages.push(Page { items, content });
        }
    }

    /// Adds a page of another as it is.
    pub(crate) fn share(&mut self, other: &Pages, page: usize) {
        self.pages.extend(other.pages.get(page).cloned());
    }

    /// Returns what was packed into a page; `None` where it cannot be read, for which [`Pages::fault`] then has the reason.
    pub(crate) fn read(&self, page: usize) -> Option<Vec<u8>> {
        self.pages.get(page)?.read(&self.fault)
    }

    /// Returns the items of a page; none where it cannot be read, or holds something else, for which [`Pages::fault`] then has the reason.
    pub(crate) fn unpacked<Items: Default>(
        &self,
        page: usize,
        unpack: impl FnOnce(&[u8], usize) -> Option<Items>,
    ) -> Items {
        self.pages.get(page).map(|page| page.unpack(&self.fault, unpack)).unwrap_or_default()
    }

    /// The same, of the bytes that [`Pages::read`] returned for the page.
    pub(crate) fn unpacked_from<Items: Default>(
        &self,
        bytes: Option<&[u8]>,
        page: usize,
        unpack: impl FnOnce(&[u8], usize) -> Option<Items>,
    ) -> Items {
        let page = self.pages.get(page);
        page.and_then(|page| page.unpacked(bytes?, &self.fault, unpack)).unwrap_or_default()
    }

    /// Returns the items of one page after the other, each of which is unpacked while the caller looks at the one before.
    pub(crate) fn unpack_each<Items>(&self, unpack: Unpack<Items>) -> UnpackEach<Items> {
        UnpackEach { rest: self.pages.clone().into_iter(), fault: self.fault.clone(), unpack, ahead: None }
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
        self.fault.0.get().map(String::as_str)
    }

    /// Notes that something is missing.
    pub(crate) fn set_fault(&self, reason: &str) {
        self.fault.set(reason);
    }
}

impl Fault {
    fn set(&self, reason: &str) {
        // The first reason is the one to tell.
        let _ = self.0.set(format!("what was put aside in a temporary file cannot be read back: {reason}"));
    }
}

impl Page {
    /// Returns what was packed.
    fn read(&self, fault: &Fault) -> Option<Vec<u8>> {
        let content = self.content.get().ok_or_else(|| io::Error::other("it was never whole"));
        content.and_then(|content| content.bytes()).inspect_err(|error| fault.set(&error.to_string())).ok()
    }

    /// Returns the items; none where they cannot be had.
    fn unpack<Items: Default>(&self, fault: &Fault, unpack: impl FnOnce(&[u8], usize) -> Option<Items>) -> Items {
        self.read(fault).and_then(|bytes| self.unpacked(&bytes, fault, unpack)).unwrap_or_default()
    }

    /// Returns the items in what [`Page::read`] returned.
    fn unpacked<Items>(
        &self,
        bytes: &[u8],
        fault: &Fault,
        unpack: impl FnOnce(&[u8], usize) -> Option<Items>,
    ) -> Option<Items> {
        let items = unpack(bytes, self.items);
        if items.is_none() {
            fault.set("it holds something else");
        }
        items
    }
}

/// Unpacks so many items; `None` where the bytes are not what was packed.
pub(crate) type Unpack<Items> = fn(&[u8], usize) -> Option<Items>;

/// The items of one page after the other.
#[derive(Debug, Clone)]
pub(crate) struct UnpackEach<Items> {
    /// The pages behind the next one.
    rest: vec::IntoIter<Page>,
    fault: Fault,
    unpack: Unpack<Items>,
    /// The next page and its items, which may still be in the making.
    ahead: Option<(Page, Option<Made<Items>>)>,
}

impl<Items: Default + Send + 'static> Iterator for UnpackEach<Items> {
    type Item = Items;

    fn next(&mut self) -> Option<Items> {
        let (page, made) = match self.ahead.take() {
            Some(ahead) => ahead,
            None => (self.rest.next()?, None),
        };
        self.ahead = self.rest.next().map(|next| {
            let (page, fault, unpack) = (next.clone(), self.fault.clone(), self.unpack);
            let made = (next.items >= FEW).then(|| Made::later(move || page.unpack(&fault, unpack)));
            (next, made)
        });
        // Nobody has made the first and those of few items, and a copy of this iterator may have taken any other.
        let made = made.and_then(|made| made.take());
        Some(made.unwrap_or_else(|| page.unpack(&self.fault, self.unpack)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.rest.len() + usize::from(self.ahead.is_some());
        (left, Some(left))
    }
}

impl Shelf {
    fn put(&self, bytes: &[u8]) -> Content {
        let (form, kept) = match compressed(bytes) {
            Some(compressed) => (Form::Compressed, compressed),
            None => (Form::Plain, Box::from(bytes)),
        };
        // Whoever panicked has left nothing half changed.
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        Content { length: bytes.len(), form, place: inside.keep(kept) }
    }
}

impl Inside {
    fn keep(&mut self, bytes: Box<[u8]>) -> Place {
        if self.held + bytes.len() > HELD_BYTES
            && let Some(file) = self.file()
            // A disk that is full, or gone: the page stays where it is.
            && let Ok(start) = file.append(&bytes)
        {
            return Place::File { file, start, length: bytes.len() };
        }
        self.held += bytes.len();
        Place::Memory(bytes.into())
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

impl Content {
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
            Form::Compressed => decompressed(bytes, self.length),
        }
    }
}

/// Divides items into pages by what they weigh, in bytes of memory.
fn in_pages<Item>(items: Vec<Item>, weight: impl Fn(&Item) -> usize) -> impl Iterator<Item = Vec<Item>> {
    let mut rest = items.into_iter();
    std::iter::from_fn(move || {
        let mut bytes = 0;
        // The item that fills the page is in it.
        let within = |item: &&Item| {
            let begun = bytes < PAGE_BYTES;
            bytes += weight(item);
            begun
        };
        let length = rest.as_slice().iter().take_while(within).count();
        let page: Vec<Item> = rest.by_ref().take(length).collect();
        (!page.is_empty()).then_some(page)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::MutexGuard;

    use super::*;
    use crate::paging::Unpacker;

    /// Pages of noise, which does not compress, of twice the size that stays in memory.
    fn filled(directory: Option<&Path>) -> (Pages, Vec<Vec<u8>>) {
        let mut pages = Pages::new(directory);
        let mut random = fastrand::Rng::with_seed(1);
        let contents: Vec<Vec<u8>> =
            (0..8).map(|_| std::iter::repeat_with(|| random.u8(..)).take(1 << 20).collect()).collect();
        contents.iter().for_each(|content| pages.push(3, content));
        (pages, contents)
    }

    fn inside(pages: &Pages) -> MutexGuard<'_, Inside> {
        pages.shelf.inside.lock().unwrap()
    }

    fn pack(items: &[u64], packer: &mut Packer) {
        items.iter().for_each(|item| packer.number(*item));
    }

    fn unpack(bytes: &[u8], count: usize) -> Option<Vec<u64>> {
        let mut unpacker = Unpacker::new(bytes);
        (0..count).map(|_| unpacker.number()).collect()
    }

    #[test]
    fn items_come_back_in_order_and_a_page_is_not_much_too_large() {
        let items: Vec<u64> = (0..1000).collect();
        let mut pages = Pages::default();
        pages.pack(items.clone(), |_| PAGE_BYTES / 32, pack);
        assert_eq!((pages.len(), pages.items(0), pages.all_items()), (32, 32, 1000));
        let mut each = pages.unpack_each(unpack);
        let first = each.next().unwrap();
        let copy = each.clone();
        assert_eq!(each.size_hint(), (31, Some(31)));
        let all: Vec<u64> = first.iter().copied().chain(each.flatten()).collect();
        assert_eq!(all, items);
        assert_eq!(copy.flatten().count(), 968);
        pages.push(1, &[0xff; 12]);
        assert_eq!((pages.unpack_each(unpack).flatten().count(), pages.fault().is_some()), (1000, true));
    }

    #[test]
    fn pages_come_back_from_wherever_they_lie() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing");
        for (directory, in_file) in [(None, false), (Some(directory.path()), true), (Some(missing.as_path()), false)] {
            let (pages, contents) = filled(directory);
            assert_eq!(inside(&pages).file.is_some(), in_file, "{directory:?}");
            assert_eq!((pages.len(), pages.items(7), pages.all_items()), (8, 3, 24));
            for (page, content) in contents.iter().enumerate() {
                assert_eq!(pages.read(page).as_ref(), Some(content));
            }
            assert_eq!((pages.fault(), inside(&pages).held > HELD_BYTES), (None, !in_file));
        }
    }

    #[test]
    fn a_page_that_cannot_be_read_is_told_of_by_all_copies() {
        let directory = tempfile::tempdir().unwrap();
        let (mut pages, _) = filled(Some(directory.path()));
        let file = inside(&pages).file.clone().unwrap();
        let place = Place::File { file, start: 1 << 40, length: 5 };
        pages.pages.push(Page { items: 1, content: Made::done(Content { length: 5, form: Form::Plain, place }) });
        let copy = pages.clone();
        assert_eq!((copy.read(8), copy.read(0).is_some()), (None, true));
        assert!(pages.fault().is_some_and(|fault| fault.contains("temporary file")), "{:?}", pages.fault());
    }
}
