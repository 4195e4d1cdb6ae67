//! The elements of JUnit XML, and which may stand in which.

/// A kind of element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Element {
    TestSuites,
    TestSuite,
    TestCase,
    Properties,
    Property,
    Failure,
    Error,
    Skipped,
    RerunFailure,
    RerunError,
    FlakyFailure,
    FlakyError,
    StackTrace,
    SystemOut,
    SystemErr,
    /// Any other.
    Other,
}

impl Element {
    /// Returns the element of this name, with or without a namespace prefix.
    pub(super) fn of(name: &[u8]) -> Element {
        let local = name.iter().rposition(|byte| *byte == b':').map_or(name, |colon| &name[colon + 1..]);
        match local {
            b"testcase" => Element::TestCase,
            b"failure" => Element::Failure,
            b"error" => Element::Error,
            // CTest writes `disabled`; pytest 2 wrote `skip`.
            b"skipped" | b"skip" | b"disabled" | b"ignored" => Element::Skipped,
            b"system-out" => Element::SystemOut,
            b"system-err" => Element::SystemErr,
            b"properties" => Element::Properties,
            b"property" => Element::Property,
            b"testsuite" => Element::TestSuite,
            b"testsuites" => Element::TestSuites,
            b"rerunFailure" => Element::RerunFailure,
            b"rerunError" => Element::RerunError,
            b"flakyFailure" => Element::FlakyFailure,
            b"flakyError" => Element::FlakyError,
            b"stackTrace" => Element::StackTrace,
            _ => Element::Other,
        }
    }

    /// Returns the name for paths.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Element::TestSuites => "testsuites",
            Element::TestSuite => "testsuite",
            Element::TestCase => "testcase",
            Element::Properties => "properties",
            Element::Property => "property",
            Element::Failure => "failure",
            Element::Error => "error",
            Element::Skipped => "skipped",
            Element::RerunFailure => "rerunFailure",
            Element::RerunError => "rerunError",
            Element::FlakyFailure => "flakyFailure",
            Element::FlakyError => "flakyError",
            Element::StackTrace => "stackTrace",
            Element::SystemOut => "system-out",
            Element::SystemErr => "system-err",
            Element::Other => "*",
        }
    }

    /// Whether reports have this element.
    pub(super) fn is_known(self) -> bool {
        self != Element::Other
    }

    /// Whether it is an earlier or later attempt inside a test case: these hold elements of their own.
    pub(super) fn is_attempt(self) -> bool {
        matches!(self, Element::RerunFailure | Element::RerunError | Element::FlakyFailure | Element::FlakyError)
    }

    /// Whether it holds text, and no element that reports do not have.
    pub(super) fn is_text(self) -> bool {
        self.is_attempt()
            || matches!(
                self,
                Element::Failure
                    | Element::Error
                    | Element::Skipped
                    | Element::StackTrace
                    | Element::SystemOut
                    | Element::SystemErr
                    | Element::Property
            )
    }

    /// Whether `child` may stand in this element. Where it may not, the element was not closed.
    pub(super) fn may_contain(self, child: Element) -> bool {
        use Element as E;
        match self {
            E::TestSuites | E::Other => true,
            E::TestSuite => child != E::TestSuites,
            E::TestCase => !matches!(child, E::TestCase | E::TestSuite | E::TestSuites),
            E::Properties => matches!(child, E::Property | E::Other),
            E::RerunFailure | E::RerunError | E::FlakyFailure | E::FlakyError => {
                matches!(child, E::StackTrace | E::SystemOut | E::SystemErr | E::Other)
            }
            E::Property | E::Failure | E::Error | E::Skipped | E::StackTrace | E::SystemOut | E::SystemErr => {
                child == E::Other
            }
        }
    }
}
