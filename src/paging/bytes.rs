//! Values to bytes and back.
//!
//! The bytes never leave the process that wrote them, so that there is no version in them, and nothing to be read by others.

use std::time::Duration;

/// Appends values to bytes.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    bytes: Vec<u8>,
}

impl Packer {
    /// Returns what was packed.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Begins anew, in the same memory.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Appends a byte.
    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Appends a number: the smaller, the shorter.
    pub(crate) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// Appends a number of eight bytes.
    pub(crate) fn fixed(&mut self, number: u64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    /// Appends a duration: nearly all are short, and of whole microseconds.
    pub(crate) fn duration(&mut self, duration: Duration) {
        self.number(duration.as_secs());
        let nanos = u64::from(duration.subsec_nanos());
        self.number(if nanos.is_multiple_of(1000) { nanos / 1000 * 2 } else { nanos * 2 + 1 });
    }

    /// Appends a length.
    pub(crate) fn length(&mut self, length: usize) {
        self.number(length as u64);
    }

    /// Appends a text.
    pub(crate) fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Appends a value that may be none.
    pub(crate) fn optional<Value>(&mut self, value: Option<Value>, pack: impl FnOnce(&mut Packer, Value)) {
        self.byte(u8::from(value.is_some()));
        if let Some(value) = value {
            pack(self, value);
        }
    }

    /// Appends a text that may be none.
    pub(crate) fn optional_text(&mut self, text: Option<&str>) {
        self.optional(text, Packer::text);
    }

    /// Appends items, with their number before them.
    pub(crate) fn list<Item>(
        &mut self,
        items: impl ExactSizeIterator<Item = Item>,
        mut pack: impl FnMut(&mut Packer, Item),
    ) {
        self.length(items.len());
        items.for_each(|item| pack(self, item));
    }

    /// Appends names with values.
    pub(crate) fn pairs<'pair>(&mut self, pairs: impl ExactSizeIterator<Item = (&'pair String, &'pair String)>) {
        self.list(pairs, |packer, (name, value)| {
            packer.text(name);
            packer.text(value);
        });
    }
}

/// Takes values from bytes, in the order in which they were appended. `None` where the bytes are not what was packed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unpacker<'bytes> {
    rest: &'bytes [u8],
}

impl<'bytes> Unpacker<'bytes> {
    /// Begins.
    pub(crate) fn new(bytes: &'bytes [u8]) -> Unpacker<'bytes> {
        Unpacker { rest: bytes }
    }

    /// Takes a byte.
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// Takes a number.
    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// Takes a number of eight bytes.
    pub(crate) fn fixed(&mut self) -> Option<u64> {
        let (number, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u64::from_le_bytes(*number))
    }

    /// Takes a duration.
    pub(crate) fn duration(&mut self) -> Option<Duration> {
        let seconds = self.number()?;
        let coded = self.number()?;
        let nanos = if coded.is_multiple_of(2) { (coded / 2).checked_mul(1000)? } else { coded / 2 };
        Some(Duration::new(seconds, u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?))
    }

    /// Takes a length, or a number that came from a smaller type.
    pub(crate) fn length<Number: TryFrom<u64>>(&mut self) -> Option<Number> {
        Number::try_from(self.number()?).ok()
    }

    /// Takes a text.
    pub(crate) fn text(&mut self) -> Option<&'bytes str> {
        let length = self.length()?;
        self.text_of(length)
    }

    /// Takes a text of this length.
    pub(crate) fn text_of(&mut self, length: usize) -> Option<&'bytes str> {
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        simdutf8::basic::from_utf8(text).ok()
    }

    /// Takes a value that may be none: the outer `None` is that of bytes that are not what was packed.
    pub(crate) fn optional<Value>(
        &mut self,
        unpack: impl FnOnce(&mut Unpacker<'bytes>) -> Option<Value>,
    ) -> Option<Option<Value>> {
        match self.byte()? {
            0 => Some(None),
            _ => unpack(self).map(Some),
        }
    }

    /// Takes a text that may be none.
    pub(crate) fn optional_text(&mut self) -> Option<Option<String>> {
        self.optional(|unpacker| unpacker.text().map(str::to_owned))
    }

    /// Takes items.
    pub(crate) fn list<Item, Items: FromIterator<Item>>(
        &mut self,
        mut unpack: impl FnMut(&mut Unpacker<'bytes>) -> Option<Item>,
    ) -> Option<Items> {
        let length: usize = self.length()?;
        (0..length).map(|_| unpack(self)).collect()
    }

    /// Takes names with values.
    pub(crate) fn pairs<Pairs: FromIterator<(String, String)>>(&mut self) -> Option<Pairs> {
        self.list(|unpacker| Some((unpacker.text()?.to_owned(), unpacker.text()?.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_and_others_are_none() {
        let mut packer = Packer::default();
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            packer.number(number);
        }
        packer.text("é");
        packer.optional_text(None);
        packer.optional_text(Some("b"));
        packer.fixed(7);
        let mut unpacker = Unpacker::new(packer.bytes());
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            assert_eq!(unpacker.number(), Some(number));
        }
        assert_eq!(unpacker.text(), Some("é"));
        assert_eq!(unpacker.optional_text(), Some(None));
        assert_eq!(unpacker.optional_text(), Some(Some("b".to_owned())));
        assert_eq!((unpacker.fixed(), unpacker.byte(), unpacker.text()), (Some(7), None, None));
        assert_eq!(Unpacker::new(&[5, b'a']).text(), None);
        assert_eq!(Unpacker::new(&[0xff; 12]).number(), None);
    }
}
