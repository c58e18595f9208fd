//! A value, and where it came from.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// What stands in the place of a secret.
pub const MASK: &str = "********";

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: Arc<Path>,
    /// The line, counted from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path.display(), self.line)
    }
}

/// Where a value came from, the strongest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An option of the command line, without its dashes.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// A line of the rc file.
    Rc(Place),
    /// A line of the config file.
    Config(Place),
    /// Nobody said anything.
    Default,
}

impl Source {
    /// How far down the order of precedence it stands.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Flag(_) => 0,
            Self::Variable(_) => 1,
            Self::Rc(_) => 2,
            Self::Config(_) => 3,
            Self::Default => 4,
        }
    }
}

impl fmt::Display for Source {
    /// Writes `--region`, `OCI_CLI_REGION`, `/home/me/.oci/config:3` or `default`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "--{flag}"),
            Self::Variable(name) => f.write_str(name),
            Self::Rc(place) | Self::Config(place) => place.fmt(f),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value that knows where it came from, and shows itself only if it is no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    text: String,
    source: Source,
    secret: bool,
}

impl Value {
    pub(super) fn new(text: impl Into<String>, source: Source) -> Self {
        Self {
            text: text.into(),
            source,
            secret: false,
        }
    }

    pub(super) fn hidden_if(self, secret: bool) -> Self {
        Self { secret, ..self }
    }

    /// The value itself, even if it is a secret.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value itself, even if it is a secret.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Where it came from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Whether it says yes, in one of the words that the official command line takes for it.
    pub fn is_on(&self) -> bool {
        let text = self.text.to_ascii_lowercase();
        ["1", "y", "t", "yes", "true", "on"].contains(&text.as_str())
    }
}

impl fmt::Display for Value {
    /// Writes the value; of a secret a mask, and of a URL with a password all but that.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secret {
            return f.write_str(MASK);
        }
        match password_of_url(&self.text) {
            Some((before, after)) => write!(f, "{before}{MASK}{after}"),
            None => f.write_str(&self.text),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({})", self.source)
    }
}

/// What stands before and after the password in `scheme://user:password@host`.
fn password_of_url(text: &str) -> Option<(&str, &str)> {
    let host_at = text.find("://")? + 3;
    let end = text[host_at..]
        .find('/')
        .map_or(text.len(), |at| host_at + at);
    let at = host_at + text[host_at..end].rfind('@')?;
    let colon = host_at + text[host_at..at].find(':')? + 1;
    Some((&text[..colon], &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_passwords_in_urls_are_masked() {
        let secret = Value::new("s3cret", Source::Default).hidden_if(true);
        assert_eq!(
            format!("{secret} {secret:?}"),
            "******** ******** (default)"
        );
        let shown = |text: &str| Value::new(text, Source::Flag("proxy")).to_string();
        assert_eq!(
            shown("http://me:pa:s@proxy:3128/x@y"),
            "http://me:********@proxy:3128/x@y"
        );
        assert_eq!(shown("http://proxy:3128/"), "http://proxy:3128/");
        assert_eq!(shown("http://me@proxy"), "http://me@proxy");
        assert_eq!(shown("us-ashburn-1"), "us-ashburn-1");
    }

    #[test]
    fn yes_has_six_spellings() {
        for text in ["1", "Y", "t", "YES", "True", "on"] {
            assert!(Value::new(text, Source::Default).is_on(), "{text}");
        }
        for text in ["0", "", "no", "false", "off", "enabled"] {
            assert!(!Value::new(text, Source::Default).is_on(), "{text}");
        }
    }
}
