//! Texts with `*` in them, which stands for any characters, or none.

/// A text that may hold wildcards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wildcard(String);

impl Wildcard {
    /// Of a text as it stands in a rule.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it stands in a rule.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is nothing but wildcards, so that every text matches.
    pub fn is_any(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|byte| byte == b'*')
    }

    /// Whether the whole of `text` is what this says. Capital letters are told from small ones.
    ///
    /// Each part between two wildcards is looked for where it comes first, which leaves most to the others:
    /// the time grows with the length of the text times that of the longest part.
    pub fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else {
            return self.0 == text;
        };
        let Some(mut left) = text.strip_prefix(first) else {
            return false;
        };
        let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
        for part in middle.split('*') {
            match left.find(part) {
                Some(at) => left = left.get(at + part.len()..).unwrap_or_default(),
                None => return false,
            }
        }
        left.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Wildcard;

    /// What a wildcard means, said plainly and slowly.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|at| naive(rest, &text[at..])),
            Some((first, rest)) => text
                .split_first()
                .is_some_and(|(found, left)| found == first && naive(rest, left)),
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_plain_meaning(pattern in "[ab*é]{0,7}", text in "[abé]{0,9}") {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(
                Wildcard::new(pattern.as_str()).matches(&text),
                naive(&letters(&pattern), &letters(&text))
            );
        }
    }

    #[test]
    fn any_is_stars_only() {
        assert!(Wildcard::new("**").is_any());
        assert!(!Wildcard::new("").is_any());
        assert!(!Wildcard::new("*a").is_any());
    }
}
