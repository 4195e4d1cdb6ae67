//! What the caller knows of a system under test: its files and its node ids.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use super::address::{mangle, mangle_before_9_2, mangle_since_9_2};
use crate::model::NodeId;

/// The files of a source tree. Readers may not look for themselves.
pub trait KnownPaths: fmt::Debug + Send + Sync {
    /// Returns whether `path`, relative to rootdir and with slashes, is a file.
    fn is_file(&self, path: &str) -> bool;
}

/// The node ids that a system under test is known to have, from reports that carry them.
#[derive(Debug, Clone, Default)]
pub struct KnownNodeIds {
    /// `None` where two ids have the same class name and name.
    by_address: HashMap<(String, String), Option<NodeId>>,
}

impl KnownNodeIds {
    /// Returns the one known node id that pytest writes as this class name and name.
    pub(super) fn get(&self, classname: &str, name: &str) -> Option<&NodeId> {
        self.by_address.get(&(classname.to_owned(), name.to_owned()))?.as_ref()
    }

    /// Returns the one known node id that pytest writes in the way it would write `rebuilt`, an id rebuilt from such an address.
    pub fn equivalent(&self, rebuilt: &NodeId) -> Option<&NodeId> {
        let (classname, name) = mangle(rebuilt.as_str());
        self.get(&classname, &name)
    }

    fn add(&mut self, address: (String, String), node_id: &NodeId) {
        match self.by_address.entry(address) {
            Entry::Vacant(entry) => {
                entry.insert(Some(node_id.clone()));
            }
            Entry::Occupied(mut entry) if entry.get().as_ref() != Some(node_id) => {
                entry.insert(None);
            }
            Entry::Occupied(_) => {}
        }
    }
}

impl FromIterator<NodeId> for KnownNodeIds {
    fn from_iter<NodeIds: IntoIterator<Item = NodeId>>(node_ids: NodeIds) -> KnownNodeIds {
        let mut known = KnownNodeIds::default();
        for node_id in node_ids {
            known.add(mangle(node_id.as_str()), &node_id);
            let others = [mangle_before_9_2(node_id.as_str()), mangle_since_9_2(node_id.as_str())];
            for address in others.into_iter().flatten() {
                known.add(address, &node_id);
            }
        }
        known
    }
}
