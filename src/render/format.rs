//! The output formats.

/// The forms in which an answer can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OutputFormat {
    /// For people, fitted to the terminal's width.
    #[default]
    Table,
    /// One JSON document with a schema name and version.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values with a heading line, complete and unrounded.
    Csv,
    /// For people, as GitHub-flavoured Markdown.
    Markdown,
}

impl OutputFormat {
    /// Every format.
    pub const ALL: [OutputFormat; 5] =
        [OutputFormat::Table, OutputFormat::Json, OutputFormat::Jsonl, OutputFormat::Csv, OutputFormat::Markdown];

    /// Returns the word that stands for the format on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            OutputFormat::Table => "table",
            OutputFormat::Json => "json",
            OutputFormat::Jsonl => "jsonl",
            OutputFormat::Csv => "csv",
            OutputFormat::Markdown => "markdown",
        }
    }

    /// Returns what the format is, in a few words.
    pub fn description(self) -> &'static str {
        match self {
            OutputFormat::Table => "for people, fitted to the terminal's width",
            OutputFormat::Json => "one document, with a schema name and version",
            OutputFormat::Jsonl => "one object a line",
            OutputFormat::Csv => "comma-separated values, complete and unrounded",
            OutputFormat::Markdown => "for people, as GitHub-flavoured Markdown",
        }
    }
}
