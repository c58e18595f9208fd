//! The formats of `--output`.

/// How data is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Indented JSON.
    #[default]
    Json,
    /// A table.
    Table,
    /// A compact JSON document a line: an item of a list, or the one thing there is.
    Jsonl,
    /// Comma-separated values, with a header where columns have names.
    Csv,
    /// The document of the JSON output as YAML.
    Yaml,
    /// Bare values: a line an item, tabs between what an item has several of.
    Text,
    /// Series drawn over time, of the one operation that answers with such.
    Chart,
}

impl Style {
    /// What `--output` takes: the official command line's own first.
    pub const NAMES: &'static [&'static str] =
        &["json", "table", "jsonl", "csv", "yaml", "text", "chart"];

    /// The style with this name, in lower or upper case.
    pub fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Json,
            Self::Table,
            Self::Jsonl,
            Self::Csv,
            Self::Yaml,
            Self::Text,
            Self::Chart,
        ];
        let mut named = Self::NAMES.iter().zip(all);
        let found = named.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, style)| style)
    }

    /// Whether a list is printed item by item, without the document that it stands in.
    pub(super) fn prints_rows(self) -> bool {
        match self {
            Self::Jsonl | Self::Csv | Self::Text => true,
            Self::Json | Self::Table | Self::Yaml | Self::Chart => false,
        }
    }
}
