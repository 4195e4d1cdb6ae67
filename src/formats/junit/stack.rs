//! The elements that are open, and the way to the innermost.

use std::fmt::Write as _;

use super::element::Element;

/// How much of a name is shown in a path.
const LABEL: usize = 80;

/// An open element.
struct Frame {
    element: Element,
    /// Where its name begins in [`Stack::names`], where it is not the element's usual one.
    name: usize,
    /// Which of its parent's children of the kind it is.
    index: u32,
    /// What its `name` attribute says, for suites.
    label: Option<String>,
    suites: u32,
    cases: u32,
    others: u32,
    /// Whether it was said that there is markup in its text that nobody escaped.
    told_bare: bool,
}

/// The open elements, the innermost last.
#[derive(Default)]
pub(super) struct Stack {
    frames: Vec<Frame>,
    /// The names of the open elements, one behind the other.
    names: String,
    /// Elements met so far outside of any other.
    documents: u32,
}

impl Stack {
    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Returns the innermost element.
    pub(super) fn innermost(&self) -> Option<Element> {
        self.frames.last().map(|frame| frame.element)
    }

    /// Returns the name of the innermost element.
    pub(super) fn innermost_name(&self) -> Option<&str> {
        self.frames.last().map(|frame| self.name(frame, self.names.len()))
    }

    /// Returns whether an element of this name is open.
    pub(super) fn has(&self, name: &str) -> bool {
        let mut end = self.names.len();
        self.frames.iter().rev().any(|frame| {
            let same = self.name(frame, end) == name;
            end = frame.name;
            same
        })
    }

    /// Opens an element.
    pub(super) fn push(&mut self, element: Element, written: &str) {
        let index = match (self.frames.last_mut(), element) {
            (Some(frame), Element::TestSuite) => &mut frame.suites,
            (Some(frame), Element::TestCase) => &mut frame.cases,
            (Some(frame), _) => &mut frame.others,
            (None, _) => &mut self.documents,
        };
        let place = *index;
        *index += 1;
        // Children that are neither suites nor cases are few and told apart by their names.
        let counted = matches!(element, Element::TestSuite | Element::TestCase) || self.frames.is_empty();
        let name = self.names.len();
        if written != element.as_str() {
            self.names.push_str(written);
        }
        let index = if counted { place } else { 0 };
        self.frames.push(Frame { element, name, index, label: None, suites: 0, cases: 0, others: 0, told_bare: false });
    }

    /// Counts an empty test case of the innermost element, which is never open.
    pub(super) fn pass_case(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.cases += 1;
        }
    }

    /// Closes the innermost element.
    pub(super) fn pop(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.names.truncate(frame.name);
        }
    }

    /// Closes all elements.
    pub(super) fn clear(&mut self) {
        self.frames.clear();
        self.names.clear();
    }

    /// Names the innermost element in paths.
    pub(super) fn label(&mut self, name: &str) {
        if let Some(frame) = self.frames.last_mut() {
            frame.label = Some(name.chars().take(LABEL).collect());
        }
    }

    /// Returns whether this is the first time that unescaped markup is met in the innermost element.
    pub(super) fn first_bare_markup(&mut self) -> bool {
        self.frames.last_mut().is_some_and(|frame| !std::mem::replace(&mut frame.told_bare, true))
    }

    /// Returns the way to the innermost element: `testsuites/testsuite[0]("x")/testcase[3]`; empty outside of any.
    pub(super) fn path(&self) -> String {
        /// Of a deep path, so much of both ends is shown.
        const SHOWN: usize = 6;
        let mut path = String::new();
        for (depth, frame) in self.frames.iter().enumerate() {
            if depth >= SHOWN && depth + SHOWN < self.frames.len() {
                path += if depth == SHOWN { "/..." } else { "" };
                continue;
            }
            let end = self.frames.get(depth + 1).map_or(self.names.len(), |next| next.name);
            let separator = if depth == 0 { "" } else { "/" };
            let _ = write!(path, "{separator}{}", self.name(frame, end));
            if matches!(frame.element, Element::TestSuite | Element::TestCase) || frame.index > 0 {
                let _ = write!(path, "[{}]", frame.index);
            }
            if let Some(label) = &frame.label {
                let _ = write!(path, "({label:?})");
            }
        }
        path
    }

    /// Returns the name of an open element; `end` is where the next one's begins.
    fn name(&self, frame: &Frame, end: usize) -> &str {
        self.names.get(frame.name..end).filter(|name| !name.is_empty()).unwrap_or(frame.element.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_an_element() {
        let mut stack = Stack::default();
        stack.push(Element::TestSuites, "testsuites");
        stack.push(Element::TestSuite, "testsuite");
        stack.pop();
        stack.push(Element::TestSuite, "testsuite");
        stack.label("a \"name\"");
        stack.push(Element::TestCase, "j:testcase");
        stack.push(Element::Skipped, "skip");
        assert_eq!(stack.path(), "testsuites/testsuite[1](\"a \\\"name\\\"\")/j:testcase[0]/skip");
        assert!(stack.has("j:testcase") && stack.has("testsuites") && !stack.has("testcase"));
        assert_eq!(stack.innermost_name(), Some("skip"));
    }
}
