//! An answer for people, before anybody decides between terminal and Markdown: headings, facts, grids, texts.

use std::borrow::Cow;
use std::io;

use chrono::{DateTime, FixedOffset, Utc};

use super::Styles;

/// What a piece of text is, which decides how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// A name or an identifier.
    Name,
    /// Less important than the rest.
    Faint,
    /// Good news.
    Good,
    /// Bad news.
    Bad,
    /// Neither good nor bad.
    Doubtful,
    /// The line that says what happened.
    Crash,
}

impl Styles {
    /// Returns the style of a tone.
    pub fn of(&self, tone: Tone) -> anstyle::Style {
        match tone {
            Tone::Plain => anstyle::Style::new(),
            Tone::Name => self.name,
            Tone::Faint => self.faint,
            Tone::Good => self.good,
            Tone::Bad => self.bad,
            Tone::Doubtful => self.doubtful,
            Tone::Crash => self.crash,
        }
    }
}

/// A piece of text with its tone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span {
    /// The text.
    pub text: String,
    /// What it is.
    pub tone: Tone,
}

impl Span {
    /// Returns a piece of text of this tone.
    pub fn new(tone: Tone, text: impl Into<String>) -> Span {
        Span { text: text.into(), tone }
    }

    /// Returns a piece of text that is nothing special.
    pub fn plain(text: impl Into<String>) -> Span {
        Span::new(Tone::Plain, text)
    }

    /// Returns the sign for something that is not known.
    pub fn unknown() -> Span {
        Span::new(Tone::Faint, "-")
    }
}

/// Where the text of a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// Texts.
    #[default]
    Left,
    /// Numbers.
    Right,
}

/// What happens to a column where the page is too narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It stays as it is.
    Whole,
    /// It is shortened at its end, to this width at least.
    ShortenEnd(usize),
    /// It is shortened at its start, to this width at least: paths and node ids differ at their ends.
    ShortenStart(usize),
}

/// One column of a grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The heading.
    pub title: Cow<'static, str>,
    /// Where its text stands.
    pub align: Align,
    /// What happens where the page is too narrow.
    pub fit: Fit,
    /// Columns of the highest rank are left out first where shortening is not enough; those of rank 0 never.
    pub rank: u8,
}

impl Column {
    /// Returns a column of texts that is never shortened or left out.
    pub const fn text(title: &'static str) -> Column {
        Column { title: Cow::Borrowed(title), align: Align::Left, fit: Fit::Whole, rank: 0 }
    }

    /// Returns a column of numbers that is never left out.
    pub const fn number(title: &'static str) -> Column {
        Column { title: Cow::Borrowed(title), align: Align::Right, fit: Fit::Whole, rank: 0 }
    }

    /// Sets what happens where the page is too narrow.
    #[must_use]
    pub const fn fit(mut self, fit: Fit) -> Column {
        self.fit = fit;
        self
    }

    /// Sets how early the column is left out.
    #[must_use]
    pub const fn rank(mut self, rank: u8) -> Column {
        self.rank = rank;
        self
    }
}

/// Rows and columns. Every row has a cell for each column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grid {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Vec<Span>>,
}

/// Many small cells under one another, one character each: tests by session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matrix {
    /// The rows. Every row has as many cells as the others.
    pub rows: Vec<MatrixRow>,
}

/// A row of a matrix.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MatrixRow {
    /// What the row is of.
    pub label: Span,
    /// The cells, one character each; where the page is too narrow, the first ones are left out.
    pub cells: Vec<Span>,
    /// What is to be said of the row, behind its cells.
    pub note: Span,
}

/// One part of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading; level 1 is the page's title.
    Heading(u8, Vec<Span>),
    /// A line of its own.
    Line(Vec<Span>),
    /// Lines that belong together.
    List(Vec<Vec<Span>>),
    /// Names with what is known of each, one a line.
    Facts(Vec<(&'static str, Vec<Span>)>),
    /// Rows and columns.
    Grid(Grid),
    /// Many small cells under one another.
    Matrix(Matrix),
    /// A text as it was found, line by line.
    Text(Vec<Span>),
}

/// An answer for people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Its parts, in order.
    pub blocks: Vec<Block>,
}

impl Page {
    /// Adds a part.
    pub fn push(&mut self, block: Block) {
        self.blocks.push(block);
    }
}

/// Rows that are made anew whenever they are asked for: a grid is gone through twice, for the widths and for the cells.
pub(crate) type Rows<'rows> = dyn Fn() -> Box<dyn Iterator<Item = Cow<'rows, [Span]>> + 'rows> + 'rows;

/// Takes the parts of a page that may be larger than memory, and writes each at once.
pub(crate) trait PageWriter {
    /// Writes a part.
    fn block(&mut self, block: &Block) -> io::Result<()>;

    /// Writes a [`Block::List`] that nobody holds.
    fn list(&mut self, lines: &mut dyn Iterator<Item = Vec<Span>>) -> io::Result<()>;

    /// Writes a [`Block::Grid`] of which nobody holds the rows.
    fn grid(&mut self, columns: &[Column], rows: &Rows<'_>) -> io::Result<()>;
}

/// How the surroundings want a page: decided once at the edge.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// What things look like.
    pub styles: Styles,
    /// How many columns there are; `None` where nobody says.
    pub width: Option<usize>,
    /// The time zone of times for people.
    pub zone: Zone,
}

/// A time zone for people.
#[derive(Debug, Clone, Copy)]
pub enum Zone {
    /// UTC.
    Utc,
    /// Another, such as this machine's.
    Other(fn(DateTime<Utc>) -> DateTime<FixedOffset>),
}

impl Zone {
    /// Returns a moment for people: `2026-11-22 15:40:26`, with a `Z` behind it in UTC.
    pub fn moment(self, moment: DateTime<Utc>) -> String {
        match self {
            Zone::Utc => moment.format("%Y-%m-%d %H:%M:%SZ").to_string(),
            Zone::Other(local) => local(moment).format("%Y-%m-%d %H:%M:%S").to_string(),
        }
    }
}
