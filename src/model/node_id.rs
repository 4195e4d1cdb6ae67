//! pytest's name of a test.

use std::fmt;

use super::Text;

/// pytest's node id, relative to rootdir: `path::Class::test[param]`; a module alone is its path. Cloned without a copy.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct NodeId(Text);

impl NodeId {
    /// Wraps a node id as it was read.
    pub fn new(text: impl Into<Text>) -> NodeId {
        NodeId(text.into())
    }

    /// Returns the whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the file part: everything before the first `::`.
    pub fn path(&self) -> &str {
        self.0.split_once("::").map_or(&self.0, |(path, _)| path)
    }

    /// Returns what stands behind the file, such as `Class::test[param]`; `None` for a file alone.
    pub fn domain(&self) -> Option<&str> {
        self.0.split_once("::").map(|(_, domain)| domain)
    }

    /// Returns the id without the parameters: the family that all parametrisations of a test share.
    ///
    /// Parameters open at the first `[` after the last separator that stands before any `[` of the domain.
    pub fn family(&self) -> &str {
        let domain_start = self.0.find("::").map_or(self.0.len(), |at| at + 2);
        match self.0[domain_start..].find('[') {
            Some(at) => &self.0[..domain_start + at],
            None => &self.0,
        }
    }

    /// Returns the text itself.
    pub fn into_string(self) -> String {
        self.0.into()
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl From<&str> for NodeId {
    fn from(text: &str) -> NodeId {
        NodeId(text.into())
    }
}

impl From<String> for NodeId {
    fn from(text: String) -> NodeId {
        NodeId(text.into())
    }
}

/// Whether a node id was read as it stands, or rebuilt from a format that does not carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NodeIdCertainty {
    /// The input carries the id, or proves it.
    #[default]
    Exact,
    /// The id was rebuilt from what the input does carry, and may be another.
    Inferred,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_id_with_separators_in_its_parameters() {
        let node_id = NodeId::from("a/test_b.py::TestC::test_d[x::y]");
        assert_eq!(node_id.path(), "a/test_b.py");
        assert_eq!(node_id.domain(), Some("TestC::test_d[x::y]"));
        assert_eq!(node_id.family(), "a/test_b.py::TestC::test_d");
    }

    #[test]
    fn a_file_alone_has_no_domain() {
        let node_id = NodeId::from("brk/[id]/test_b.py");
        assert_eq!(
            (node_id.path(), node_id.domain(), node_id.family()),
            ("brk/[id]/test_b.py", None, "brk/[id]/test_b.py")
        );
    }
}
