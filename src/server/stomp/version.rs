//! The versions of the protocol, and what differs between them on the wire.

use std::borrow::Cow;
use std::fmt;

/// A version of STOMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    V1_0,
    V1_1,
    V1_2,
}

impl Version {
    /// All that are spoken, the best first.
    pub(super) const ALL: [Self; 3] = [Self::V1_2, Self::V1_1, Self::V1_0];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::V1_0 => "1.0",
            Self::V1_1 => "1.1",
            Self::V1_2 => "1.2",
        }
    }

    /// The best version that a client takes; `accepted` is its `accept-version`, which clients of 1.0 have not.
    pub(super) fn negotiate(accepted: Option<&str>) -> Option<Self> {
        let Some(accepted) = accepted else {
            return Some(Self::V1_0);
        };
        let accepts = |version: &Self| accepted.split(',').any(|one| one.trim() == version.name());
        Self::ALL.into_iter().find(accepts)
    }

    /// Whether a line may end with a carriage return and a line feed.
    pub(super) fn takes_carriage_returns(self) -> bool {
        self >= Self::V1_2
    }

    /// The characters that are written as a backslash and a letter in headers.
    fn escapes(self) -> &'static [(char, char)] {
        const ALL: &[(char, char)] = &[('\\', '\\'), ('\n', 'n'), (':', 'c'), ('\r', 'r')];
        match self {
            Self::V1_0 => &[],
            Self::V1_1 => ALL.split_at(3).0,
            Self::V1_2 => ALL,
        }
    }

    /// A part of a header as it stands in a frame.
    pub(super) fn escape(self, text: &str) -> Cow<'_, str> {
        let escapes = self.escapes();
        if escapes.is_empty() {
            // This version has no way to write a line's end. Nothing here has one; a frame stays a frame anyway.
            return match text.contains('\n') {
                true => Cow::Owned(text.replace('\n', " ")),
                false => Cow::Borrowed(text),
            };
        }
        let find = |wanted: char| escapes.iter().find(|(plain, _)| *plain == wanted);
        if !text.contains(|one| find(one).is_some()) {
            return Cow::Borrowed(text);
        }
        let mut escaped = String::with_capacity(text.len() + 8);
        for one in text.chars() {
            match find(one) {
                Some((_, letter)) => escaped.extend(['\\', *letter]),
                None => escaped.push(one),
            }
        }
        Cow::Owned(escaped)
    }

    /// What a part of a header in a frame means; nothing where an escape in it is none of this version.
    pub(super) fn unescape(self, text: &str) -> Option<Cow<'_, str>> {
        let escapes = self.escapes();
        if escapes.is_empty() || !text.contains('\\') {
            return Some(Cow::Borrowed(text));
        }
        let mut plain = String::with_capacity(text.len());
        let mut rest = text.chars();
        while let Some(one) = rest.next() {
            if one != '\\' {
                plain.push(one);
                continue;
            }
            let letter = rest.next()?;
            let (meant, _) = escapes.iter().find(|(_, known)| *known == letter)?;
            plain.push(*meant);
        }
        Some(Cow::Owned(plain))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_common_version_is_spoken() {
        for (accepted, version) in [
            (None, Some(Version::V1_0)),
            (Some("1.0"), Some(Version::V1_0)),
            (Some("1.0,1.1"), Some(Version::V1_1)),
            (Some("1.2,1.0, 1.1"), Some(Version::V1_2)),
            (Some("1.1,2.0"), Some(Version::V1_1)),
            (Some("2.0"), None),
            (Some(""), None),
        ] {
            assert_eq!(Version::negotiate(accepted), version, "{accepted:?}");
        }
    }

    #[test]
    fn each_version_has_its_own_escapes() {
        let text = "a\\b:c\nd\re";
        assert_eq!(Version::V1_2.escape(text), "a\\\\b\\cc\\nd\\re");
        assert_eq!(Version::V1_1.escape(text), "a\\\\b\\cc\\nd\re");
        assert_eq!(Version::V1_0.escape("a\\b:c"), "a\\b:c");
        assert_eq!(Version::V1_0.escape("a\nb"), "a b");
        assert_eq!(Version::V1_0.unescape("a\\nb").unwrap(), "a\\nb");
        assert_eq!(Version::V1_1.unescape("a\\rb"), None);
        assert_eq!(Version::V1_2.unescape("a\\rb").unwrap(), "a\rb");
        for wrong in ["\\t", "a\\", "\\\\\\"] {
            assert_eq!(Version::V1_2.unescape(wrong), None, "{wrong}");
        }
    }
}
