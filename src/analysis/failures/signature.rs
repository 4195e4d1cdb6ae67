//! The signature of one failure: what is left of its text when all that changes from run to run is masked.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use sha2::{Digest, Sha256};

/// Why a test broke, without what changes from run to run.
///
/// Made of the last block of pytest's `E   ` lines: its first line, split into the exception's type and the message; and of
/// the deepest frame in the project (not in `site-packages` or the standard library). The message is masked after LUCI's
/// failure reason algorithm, version 6 (numbers, hexadecimal and base64 sequences become `%`), after temporary and home
/// directories, and the quoted values that an assertion compares. A text without `E   ` lines gives its last line where it is a plain Python traceback, else its first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FailureSignature {
    /// The exception's type, as printed: `AssertionError`, `requests.exceptions.ConnectionError`.
    pub exception: Option<String>,
    /// The masked first line of the message; empty where there is none.
    pub message: String,
    /// The deepest frame in the project, as `path::function`, or the path alone.
    pub location: Option<String>,
}

/// A signature's name: 16 hexadecimal digits, the same for the same signature on every machine and in every version that has
/// the same [`FailureSignature::VERSION`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FailureKey(pub u64);

impl FailureKey {
    /// Returns the key that these digits name.
    pub fn from_digits(digits: &str) -> Option<FailureKey> {
        (digits.len() == 16).then(|| u64::from_str_radix(digits, 16).ok().map(FailureKey)).flatten()
    }
}

impl fmt::Display for FailureKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&format!("{:016x}", self.0))
    }
}

/// The most characters of a message that count.
const MESSAGE: usize = 400;
/// The most bytes of a text that are looked at, from its end: the exception that ended a test stands there.
const TEXT: usize = 256 * 1024;
/// What stands between the parts of an encoded signature.
const SEPARATOR: char = '\u{1f}';

impl FailureSignature {
    /// Changes whenever the same text may give another signature.
    ///
    /// 1: the first.
    pub const VERSION: u32 = 1;

    /// Returns the signature of a failure text.
    pub fn of(text: &str) -> FailureSignature {
        let text = tail(without_captured_output(text), TEXT);
        let read = Reading::of(text);
        let line = read.error.or_else(|| plain_traceback_end(text)).or_else(|| first_line(text)).unwrap_or_default();
        let (exception, message) = split_exception(without_phase(line.trim()));
        FailureSignature {
            exception: exception.or(read.exception).map(str::to_owned),
            message: mask(message),
            location: read.location,
        }
    }

    /// Returns the signature as one line, for a store's column.
    pub fn encode(&self) -> String {
        let exception = self.exception.as_deref().unwrap_or_default();
        let location = self.location.as_deref().unwrap_or_default();
        format!("{}{SEPARATOR}{exception}{SEPARATOR}{location}{SEPARATOR}{}", FailureSignature::VERSION, self.message)
    }

    /// Returns the signature that was encoded; `None` of another version, or of what is no signature.
    pub fn decode(line: &str) -> Option<FailureSignature> {
        let mut parts = line.splitn(4, SEPARATOR);
        let version: u32 = parts.next()?.parse().ok()?;
        let some = |part: &str| (!part.is_empty()).then(|| part.to_owned());
        let (exception, location) = (some(parts.next()?), some(parts.next()?));
        let message = parts.next()?.to_owned();
        (version == FailureSignature::VERSION).then_some(FailureSignature { exception, message, location })
    }

    /// Returns the signature's name: the first eight bytes of the SHA-256 of its encoding.
    pub fn key(&self) -> FailureKey {
        let digest = Sha256::digest(self.encode().as_bytes());
        FailureKey(digest.iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte)))
    }
}

impl fmt::Display for FailureSignature {
    /// Writes the exception and the masked message, as in `ValueError: line %`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.exception, self.message.as_str()) {
            (Some(exception), "") => formatter.pad(exception),
            (Some(exception), message) => formatter.pad(&format!("{exception}: {message}")),
            (None, "") => formatter.pad("(no message)"),
            (None, message) => formatter.pad(message),
        }
    }
}

/// The line without the words that JUnit reports of pytest put around an error of a fixture.
fn without_phase(line: &str) -> &str {
    let inner =
        ["failed on setup with \"", "failed on teardown with \""].iter().find_map(|start| line.strip_prefix(start));
    inner.map_or(line, |inner| inner.strip_suffix('"').unwrap_or(inner))
}

/// The text up to the first heading of captured output: what a test printed is not why it broke.
fn without_captured_output(text: &str) -> &str {
    let heading = |line: &str| line.starts_with("---") && line.trim_matches('-').trim_start().starts_with("Captured ");
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if heading(line.trim_end()) {
            return text.get(..at).unwrap_or(text);
        }
        at += line.len();
    }
    text
}

/// The last bytes of a text, from the beginning of a character.
fn tail(text: &str, most: usize) -> &str {
    let from = text.len().saturating_sub(most);
    (from..=text.len()).find_map(|at| text.get(at..)).unwrap_or(text)
}

fn first_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).find(|line| !line.is_empty())
}

/// The line that ends a plain traceback: the last that is not indented, behind the last `Traceback`.
fn plain_traceback_end(text: &str) -> Option<&str> {
    let at = text.rfind("Traceback (most recent call last)")?;
    text.get(at..)?.lines().skip(1).find(|line| line.starts_with(|first: char| !first.is_whitespace()))
}

/// What one pass over the lines of a failure text finds.
#[derive(Default)]
struct Reading<'a> {
    /// The first line of the last block of `E   ` lines.
    error: Option<&'a str>,
    /// The exception that the last location line names.
    exception: Option<&'a str>,
    /// The deepest frame in the project.
    location: Option<String>,
}

impl<'a> Reading<'a> {
    fn of(text: &'a str) -> Reading<'a> {
        let mut read = Reading::default();
        let mut function: Option<&str> = None;
        let mut in_block = false;
        for line in text.lines() {
            let error = error_line(line);
            if let Some(message) = error
                && !in_block
            {
                read.error = Some(message);
            }
            in_block = error.is_some();
            if error.is_some() {
                continue;
            }
            if let Some(name) = definition(line) {
                function = Some(name);
            } else if let Some(frame) = Frame::of(line) {
                read.exception = frame.exception.or(read.exception);
                let function = frame.function.or(function.take());
                if is_in_project(frame.path) {
                    let path = without_directories(frame.path.trim_start_matches("./")).replace('\\', "/");
                    read.location = Some(function.map_or_else(|| path.clone(), |name| format!("{path}::{name}")));
                }
            }
        }
        read
    }
}

/// The message of a line that pytest marks with `E`.
fn error_line(line: &str) -> Option<&str> {
    let message = line.strip_prefix('E')?;
    (message.is_empty() || message.starts_with("  ") || message.starts_with('\t')).then(|| message.trim())
}

/// The name of the function that a line of source defines.
fn definition(line: &str) -> Option<&str> {
    let line = line.trim_start_matches('>').trim_start();
    let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("def ")?;
    let end = rest.find(|character: char| !character.is_alphanumeric() && character != '_')?;
    rest.get(..end).filter(|name| !name.is_empty())
}

/// A line that says where a frame is.
struct Frame<'a> {
    path: &'a str,
    function: Option<&'a str>,
    exception: Option<&'a str>,
}

impl<'a> Frame<'a> {
    /// Reads `path:12: ValueError`, `path:12: in function`, `path:12: `, and `  File "path", line 12, in function`.
    fn of(line: &'a str) -> Option<Frame<'a>> {
        if let Some(rest) = line.trim_start().strip_prefix("File \"") {
            let (path, rest) = rest.split_once('"')?;
            let function = rest.split_once(", in ").map(|(_, function)| function.trim());
            return rest.starts_with(", line ").then_some(Frame { path, function, exception: None });
        }
        if line.starts_with(char::is_whitespace) {
            return None;
        }
        // The path may hold a drive letter's colon: the number decides.
        let (path, rest) = line.match_indices(':').find_map(|(at, _)| {
            let rest = line.get(at + 1..)?;
            let digits = rest.find(|character: char| !character.is_ascii_digit())?;
            (digits > 0 && rest.get(digits..)?.starts_with(':'))
                .then(|| Some((line.get(..at)?, rest.get(digits + 1..)?)))?
        })?;
        let rest = rest.trim();
        let function = rest.strip_prefix("in ");
        let is_name =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
        if path.is_empty() || !(rest.is_empty() || function.is_some() || is_name(rest)) {
            return None;
        }
        Some(Frame {
            path,
            function,
            exception: if function.is_none() && !rest.is_empty() { Some(rest) } else { None },
        })
    }
}

/// Whether a frame is in the project, and not in an installed package, the standard library or nowhere.
fn is_in_project(path: &str) -> bool {
    const ELSEWHERE: [&str; 6] = ["site-packages", "dist-packages", "/lib/python", "\\lib\\", "<frozen", "<string>"];
    !path.starts_with('<') && !ELSEWHERE.iter().any(|part| path.contains(part))
}

/// The exception and the message of `ValueError: text`; the message alone of anything else.
fn split_exception(line: &str) -> (Option<&str>, &str) {
    let (name, message) = line.split_once(':').unwrap_or((line, ""));
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_class = last.starts_with(|first: char| first.is_uppercase())
        && name
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || "_<>".contains(c)));
    let separated = message.is_empty() || message.starts_with(' ');
    if is_class && separated { (Some(name), message.trim_start()) } else { (None, line) }
}

static DIRECTORIES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // Where machines differ: temporary, home and build directories, with all below them but the last part.
    let roots = r"/tmp|/private/tmp|/var/folders|/private/var|/dev/shm|/home/[^/\s]+|/Users/[^/\s]+|/root|/builds|/workspace|/__w|/github|/runner|/app";
    Regex::new(&format!(r"(?:{roots})(?:/(?-u:[\w.+@~-])+)*/|[A-Za-z]:(?:\\(?-u:[\w.+@~ -])+)*\\")).ok()
});

static QUOTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*""#).ok());

static VARYING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // LUCI's expression, but at word boundaries: it would begin within the word before. Those of ASCII: Unicode's are slow.
    Regex::new(r"[/+0-9a-zA-Z]{10,}=+|(?-u:\b)[\-0-9a-fA-F \t]{16,}(?-u:\b)|(?-u:\b)[0-9a-fA-Fx]{8,}|[0-9]+").ok()
});

/// A path or message without the directories in which machines differ.
fn without_directories(text: &str) -> Cow<'_, str> {
    DIRECTORIES.as_ref().map_or(Cow::Borrowed(text), |directories| directories.replace_all(text, "%/"))
}

/// Masks what changes from run to run, on one line without repeated blanks.
fn mask(message: &str) -> String {
    let end = message.char_indices().nth(4 * MESSAGE).map_or(message.len(), |(at, _)| at);
    let blank = |character: char| character.is_whitespace() || character.is_control();
    let words = message.get(..end).unwrap_or(message).split(blank).filter(|word| !word.is_empty());
    let mut masked = words.collect::<Vec<_>>().join(" ");
    if let Cow::Owned(replaced) = without_directories(&masked) {
        masked = replaced;
    }
    if masked.starts_with("assert ")
        && let Some(quoted) = &*QUOTED
    {
        // pytest shows the values that were compared: of a parametrised test others each time.
        masked = quoted.replace_all(&masked, "%").into_owned();
    }
    if let Some(varying) = &*VARYING {
        // Only what holds a digit: "exceeded" is made of hexadecimal letters, too.
        let percent = |found: &Captures<'_>| {
            let text = found.get(0).map_or("", |all| all.as_str());
            let varies = text.ends_with('=') || text.contains(|character: char| character.is_ascii_digit());
            if varies { "%".to_owned() } else { text.to_owned() }
        };
        masked = varying.replace_all(&masked, percent).into_owned();
    }
    masked.trim().chars().take(MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(text: &str) -> (Option<String>, String, Option<String>) {
        let signature = FailureSignature::of(text);
        (signature.exception, signature.message, signature.location)
    }

    fn parts(exception: &str, message: &str, location: &str) -> (Option<String>, String, Option<String>) {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (some(exception), message.to_owned(), some(location))
    }

    #[test]
    fn a_long_traceback_gives_the_deepest_frame_of_the_project() {
        let text = r#"
client = <Client object at 0x7fbb71b904d0>

    def test_order(client):
>       client.order(17)

tests/test_shop.py:12:
_ _ _ _ _ _ _ _ _ _

    def order(self, number):
>       return self.get("/orders/%d" % number)

shop/client.py:40:
_ _ _ _ _ _ _ _ _ _

    def request(self, url):
>       raise ConnectionError(url)
E       requests.exceptions.ConnectionError: HTTPConnectionPool(host='10.0.0.7', port=55432): Max retries exceeded
E       (Caused by NewConnectionError)

/usr/lib/python3.12/site-packages/requests/api.py:99: ConnectionError
------------------------- Captured stdout call -------------------------
E       Fake: this was printed
"#;
        let message = "HTTPConnectionPool(host='%.%.%.%', port=%): Max retries exceeded";
        assert_eq!(signature(text), parts("requests.exceptions.ConnectionError", message, "shop/client.py::order"));
    }

    #[test]
    fn a_bare_assertion_takes_its_exception_from_the_location() {
        let text = "    def test_x():\n>       assert f() == 2\nE       assert 1 == 2\nE        +  where 1 = f()\n\ntest_x.py:62: AssertionError";
        assert_eq!(signature(text), parts("AssertionError", "assert % == %", "test_x.py::test_x"));
    }

    #[test]
    fn the_last_of_chained_exceptions_counts() {
        let text = "E   KeyError: 'a'\n\na.py:3: KeyError\n\nThe above exception was the direct cause of the following exception:\n\nE   shop.errors.Missing: no a in 0xdeadbeef\n\na.py:5: Missing";
        assert_eq!(signature(text), parts("shop.errors.Missing", "no a in %", "a.py"));
    }

    #[test]
    fn short_and_plain_tracebacks() {
        let short = "test_outcomes.py:203: in test_bytes_param\n    assert b != b\"\\xff\"\nE   AssertionError: assert b'b\\xff' != b'b\\xff'";
        assert_eq!(signature(short).2.as_deref(), Some("test_outcomes.py::test_bytes_param"));
        let plain = "Traceback (most recent call last):\n  File \"/work/shop/a.py\", line 3, in run\n    f()\n  File \"<frozen importlib>\", line 9, in g\nValueError: bad value: 12\n";
        assert_eq!(signature(plain), parts("ValueError", "bad value: %", "/work/shop/a.py::run"));
        let home = plain.replace("/work/shop", "/home/ann/shop");
        assert_eq!(signature(&home).2.as_deref(), Some("%/a.py::run"));
    }

    #[test]
    fn a_message_alone_is_enough() {
        assert_eq!(signature("AssertionError: attempt 1"), parts("AssertionError", "attempt %", ""));
        assert_eq!(signature("Failed: Timeout >1.5s"), parts("Failed", "Timeout >%.%s", ""));
        assert_eq!(signature("assert 0"), parts("", "assert %", ""));
        let setup = "failed on setup with \"OSError: no device 3\"";
        assert_eq!(signature(setup), parts("OSError", "no device %", ""));
        let local = "test_a.test_b.<locals>.Weird: <b>";
        assert_eq!(signature(local), parts("test_a.test_b.<locals>.Weird", "<b>", ""));
        assert_eq!(signature("  \n"), parts("", "", ""));
    }

    #[test]
    fn what_differs_from_run_to_run_is_masked() {
        let rows = [
            ("no file '/tmp/pytest-of-ci/pytest-31/test_a0/out.txt'", "no file '%/out.txt'"),
            ("no file '/home/ann/shop/out.txt'", "no file '%/out.txt'"),
            ("no file 'C:\\Users\\ann\\shop\\out.txt'", "no file '%/out.txt'"),
            ("<Order object at 0x7f8a12cd34ef>", "<Order object at %>"),
            ("id 123e4567-e89b-12d3-a456-426614174000", "id%"),
            ("assert 'two  \\' spaces' == \"never\"", "assert % == %"),
            ("worker 'gw3' crashed at 12:30:01", "worker 'gw%' crashed at %:%:%"),
        ];
        for (message, masked) in rows {
            assert_eq!(mask(message), masked);
        }
    }

    #[test]
    fn an_encoded_signature_comes_back() {
        let signature = FailureSignature::of("a.py:3: in f\nE   ValueError: a\u{1f}b\tc 7");
        assert_eq!(FailureSignature::decode(&signature.encode()), Some(signature.clone()));
        let bare = FailureSignature::of("boom");
        assert_eq!(FailureSignature::decode(&bare.encode()), Some(bare));
        assert_eq!(FailureSignature::decode("99\u{1f}\u{1f}\u{1f}"), None);
        assert_eq!(FailureSignature::decode("boom"), None);
    }

    /// Stored keys must stay what they are: whoever changes this changes `VERSION`.
    #[test]
    fn a_key_is_the_same_everywhere() {
        let key = FailureSignature::of("tests/test_a.py:3: in test_a\nE   ValueError: bad value 17").key();
        assert_eq!(key.to_string(), "aebe22a7219f5634");
        assert_eq!(FailureKey::from_digits(&key.to_string()), Some(key));
    }
}
