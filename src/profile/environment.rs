//! The environment that settings are read from: the process's, or one that a test makes up.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Variables, and the home folder that follows from them.
#[derive(Clone, Default)]
pub struct Environment {
    /// `None` stands for the process's own, which are asked for one at a time.
    variables: Option<BTreeMap<String, String>>,
}

impl Environment {
    /// That of the process.
    pub fn of_process() -> Self {
        Self { variables: None }
    }

    /// One with these variables and no others.
    pub fn of<N: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let pairs = variables.into_iter();
        Self {
            variables: Some(
                pairs
                    .map(|(name, value)| (name.into(), value.into()))
                    .collect(),
            ),
        }
    }

    /// The value of a variable; a blank one counts as not set.
    pub fn get(&self, name: &str) -> Option<String> {
        let value = match &self.variables {
            Some(variables) => variables.get(name).cloned(),
            None => std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()),
        };
        value.filter(|value| !value.trim().is_empty())
    }

    /// The names of the variables that are set and begin with `prefix`, in order.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        let mut names: Vec<String> = match &self.variables {
            Some(variables) => variables.keys().cloned().collect(),
            None => std::env::vars_os()
                .filter_map(|(name, _)| name.into_string().ok())
                .collect(),
        };
        names.retain(|name| name.starts_with(prefix) && self.get(name).is_some());
        names.sort();
        names
    }

    /// The user's home folder.
    pub fn home(&self) -> Option<PathBuf> {
        match &self.variables {
            Some(_) => self.get("HOME").map(PathBuf::from),
            None => dirs::home_dir(),
        }
    }

    /// The platform's folder for the data of programs.
    pub fn data_folder(&self) -> Option<PathBuf> {
        match &self.variables {
            Some(_) => self
                .get("XDG_DATA_HOME")
                .map(PathBuf::from)
                .or_else(|| self.home().map(|home| home.join(".local/share"))),
            None => dirs::data_dir(),
        }
    }

    /// A path with `~` in front replaced by the home folder.
    pub fn expand_home(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        match (path.strip_prefix("~"), self.home()) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => path.to_owned(),
        }
    }

    /// A text with `$NAME` and `${NAME}` replaced by what is set; what is not set stays as it is.
    pub fn expand_variables(&self, text: &str) -> String {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            expanded.push_str(before);
            let (name, length) = variable_name(after);
            match self.get(name).filter(|_| !name.is_empty()) {
                Some(value) => expanded.push_str(&value),
                None => {
                    expanded.push('$');
                    expanded.push_str(&after[..length]);
                }
            }
            rest = &after[length..];
        }
        expanded.push_str(rest);
        expanded
    }
}

/// The variable named at the start of a text, and how much of the text names it.
fn variable_name(text: &str) -> (&str, usize) {
    if let Some((name, _)) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        return (name, name.len() + 2);
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let length = text.find(|c| !is_part(c)).unwrap_or(text.len());
    (&text[..length], length)
}

impl fmt::Debug for Environment {
    /// Leaves the values out, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.variables {
            Some(variables) => f.debug_set().entries(variables.keys()).finish(),
            None => f.write_str("the process's environment"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_expanded_where_they_are_set() {
        let environment = Environment::of([("A", "1"), ("B_2", "two"), ("BLANK", " ")]);
        let expand = |text| environment.expand_variables(text);
        assert_eq!(expand("$A-${B_2}/$C ${D} $"), "1-two/$C ${D} $");
        assert_eq!(expand("äö$A$A${A"), "äö11${A");
        assert_eq!(expand("$$A ${}"), "$1 ${}");
        assert_eq!(environment.get("BLANK"), None);
    }

    #[test]
    fn home_stands_for_a_tilde_in_front() {
        let environment = Environment::of([("HOME", "/home/me")]);
        assert_eq!(
            environment.expand_home("~/k.pem"),
            Path::new("/home/me/k.pem")
        );
        assert_eq!(environment.expand_home("~"), Path::new("/home/me/"));
        assert_eq!(environment.expand_home("~you/k"), Path::new("~you/k"));
        assert_eq!(environment.expand_home("/a/~/k"), Path::new("/a/~/k"));
        assert_eq!(
            Environment::of([("A", "")]).expand_home("~/k"),
            Path::new("~/k")
        );
    }
}
