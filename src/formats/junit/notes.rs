//! What the grouping of test cases must know of each result: some bytes each, packed where there are many.

use super::attempts::Shape;
use super::cases::Room;
use crate::paging::{Packer, Pages, Unpacker};

/// What is noted of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Note {
    /// The hash of its class and id, by which results of one id are found.
    pub(super) hash: u64,
    pub(super) class: u32,
    /// Its line; no report that tells attempts by lines has more than this can count.
    pub(super) line: u32,
    pub(super) shape: Shape,
    /// Its call failed, and of its teardown nothing is known.
    pub(super) open: bool,
    /// It is a later attempt by its own word.
    pub(super) numbered: bool,
}

/// Notes of results, in their order.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pages: Pages,
    last: Vec<Note>,
}

/// So many notes are held before any is packed.
const HELD: usize = 1 << 18;
/// So many are packed together.
const PAGE: usize = 1 << 15;

impl Notes {
    pub(super) fn within(room: &Room, count: usize) -> Notes {
        Notes { pages: Pages::new(room.directory.as_deref()), last: Vec::with_capacity(count.min(HELD)) }
    }

    /// Adds a note.
    pub(super) fn push(&mut self, note: Note) {
        self.last.push(note);
        if self.last.len() >= HELD || self.last.len() >= PAGE && !self.pages.is_empty() {
            self.pack();
        }
    }

    /// Returns all notes.
    pub(super) fn iter(&self) -> impl Iterator<Item = Note> {
        let packed = self.pages.unpack_each(unpack);
        packed.flatten().chain(self.last.iter().copied())
    }

    /// Returns why some are missing, where a page could not be read back.
    pub(super) fn fault(&self) -> Option<&str> {
        self.pages.fault()
    }

    fn pack(&mut self) {
        let mut packer = Packer::default();
        for page in self.last.chunks(PAGE) {
            packer.clear();
            page.iter().fold(0, |line, note| note.pack(line, &mut packer));
            self.pages.push(page.len(), packer.bytes());
        }
        self.last = Vec::with_capacity(PAGE);
    }
}

fn unpack(bytes: &[u8], count: usize) -> Option<Vec<Note>> {
    let mut unpacker = Unpacker::new(bytes);
    let mut line = 0;
    (0..count).map(|_| Note::unpack(&mut unpacker, &mut line)).collect()
}

impl Note {
    /// Packs the note behind one of another line; returns its line.
    fn pack(&self, line: u32, packer: &mut Packer) -> u32 {
        packer.byte(self.shape as u8 | u8::from(self.open) << 4 | u8::from(self.numbered) << 5);
        packer.fixed(self.hash);
        packer.number(u64::from(self.class));
        // Lines never go back.
        packer.number(u64::from(self.line.saturating_sub(line)));
        self.line
    }

    fn unpack(unpacker: &mut Unpacker<'_>, line: &mut u32) -> Option<Note> {
        let head = unpacker.byte()?;
        let shape = *Shape::ALL.get(usize::from(head & 0xf))?;
        let (hash, class) = (unpacker.fixed()?, unpacker.length()?);
        *line = line.checked_add(unpacker.length()?)?;
        Some(Note { hash, class, line: *line, shape, open: head & 0x10 != 0, numbered: head & 0x20 != 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_come_back_in_order() {
        let mut notes = Notes::within(&Room { bytes: 0, directory: None }, 10);
        let note = |place: usize| Note {
            hash: (place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            class: place as u32 % 7,
            line: place as u32 / 3,
            shape: Shape::ALL[place % 4],
            open: place.is_multiple_of(5),
            numbered: place.is_multiple_of(11),
        };
        let count = HELD + 3 * PAGE / 2;
        (0..count).for_each(|place| notes.push(note(place)));
        assert_eq!((notes.pages.len(), notes.last.len()), (HELD / PAGE + 1, PAGE / 2));
        assert!(notes.iter().eq((0..count).map(note)));
        assert_eq!(notes.fault(), None);
    }
}
