//! Collections that are nearly always empty.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};

use super::Subtest;

/// A collection that most results do not have: as large as a pointer, without memory of its own until something is put in. It is
/// used as the collection itself.
#[derive(Clone)]
pub struct Seldom<Collection>(Option<Box<Collection>>);

/// A collection of which there is an empty one for everybody.
pub trait Empty: Default + 'static {
    /// Returns the empty collection.
    fn empty() -> &'static Self;

    /// Returns whether nothing is in this one.
    fn has_nothing(&self) -> bool;
}

impl Empty for Vec<Subtest> {
    fn empty() -> &'static Vec<Subtest> {
        const { &Vec::new() }
    }

    fn has_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl Empty for BTreeMap<String, String> {
    fn empty() -> &'static BTreeMap<String, String> {
        static EMPTY: BTreeMap<String, String> = BTreeMap::new();
        &EMPTY
    }

    fn has_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<Collection> Seldom<Collection> {
    /// Returns an empty one.
    pub const fn new() -> Seldom<Collection> {
        Seldom(None)
    }

    /// Returns the collection, where anything was ever put in.
    pub fn any_mut(&mut self) -> Option<&mut Collection> {
        self.0.as_deref_mut()
    }
}

impl<Collection> Default for Seldom<Collection> {
    fn default() -> Seldom<Collection> {
        Seldom(None)
    }
}

impl<Collection: Empty> Deref for Seldom<Collection> {
    type Target = Collection;

    fn deref(&self) -> &Collection {
        self.0.as_deref().unwrap_or(Collection::empty())
    }
}

impl<Collection: Empty> DerefMut for Seldom<Collection> {
    fn deref_mut(&mut self) -> &mut Collection {
        self.0.get_or_insert_default()
    }
}

impl<Collection: Empty + PartialEq> PartialEq for Seldom<Collection> {
    fn eq(&self, other: &Seldom<Collection>) -> bool {
        **self == **other
    }
}

impl<Collection: Empty + fmt::Debug> fmt::Debug for Seldom<Collection> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, formatter)
    }
}

impl<Collection: Empty> From<Collection> for Seldom<Collection> {
    fn from(collection: Collection) -> Seldom<Collection> {
        Seldom((!collection.has_nothing()).then(|| Box::new(collection)))
    }
}

impl<Collection, Item> FromIterator<Item> for Seldom<Collection>
where
    Collection: FromIterator<Item>,
{
    fn from_iter<Items: IntoIterator<Item = Item>>(items: Items) -> Seldom<Collection> {
        let mut items = items.into_iter().peekable();
        Seldom(items.peek().is_some().then(|| Box::new(items.collect())))
    }
}

impl<Collection: Empty + Extend<Item>, Item> Extend<Item> for Seldom<Collection> {
    fn extend<Items: IntoIterator<Item = Item>>(&mut self, items: Items) {
        let mut items = items.into_iter().peekable();
        if items.peek().is_some() {
            (**self).extend(items);
        }
    }
}

impl<Collection: Empty + IntoIterator> IntoIterator for Seldom<Collection> {
    type Item = Collection::Item;
    type IntoIter = Collection::IntoIter;

    fn into_iter(self) -> Collection::IntoIter {
        self.0.map_or_else(Collection::default, |collection| *collection).into_iter()
    }
}

impl<'seldom, Collection: Empty> IntoIterator for &'seldom Seldom<Collection>
where
    &'seldom Collection: IntoIterator,
{
    type Item = <&'seldom Collection as IntoIterator>::Item;
    type IntoIter = <&'seldom Collection as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        (**self).into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_collection_takes_no_memory_and_equals_one_that_was_emptied() {
        let empty: Seldom<BTreeMap<String, String>> = BTreeMap::new().into();
        assert!(empty.0.is_none() && empty.get("a").is_none());
        let mut other = Seldom::from(BTreeMap::from([("a".to_owned(), "b".to_owned())]));
        assert_ne!(other, empty);
        other.clear();
        assert_eq!(other, empty);
        assert!(std::iter::empty::<(String, String)>().collect::<Seldom<BTreeMap<_, _>>>().0.is_none());
    }
}
