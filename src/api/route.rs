//! From an HTTP method and path to the operation they mean.

use std::collections::BTreeMap;

use super::operation::{Method, Operation};

/// An operation and the values of its path parameters, still percent-encoded.
#[derive(Debug, PartialEq)]
pub struct Route<'p> {
    /// The operation.
    pub operation: &'static Operation,
    /// Its path parameters by wire name.
    pub path: BTreeMap<&'static str, &'p str>,
}

/// Why no operation answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRoute {
    /// No operation has this path.
    Path,
    /// An operation has this path, but with another method.
    Method,
}

/// Finds the operation for a request path, without its query string.
///
/// Where a fixed segment and a parameter both fit, the fixed one wins.
pub fn route(method: Method, path: &str) -> Result<Route<'_>, NoRoute> {
    let fitting = || super::operations().filter_map(|operation| fit(operation, path));
    fitting()
        .filter(|route| route.operation.method == method)
        .min_by_key(|route| route.path.len())
        .ok_or_else(|| match fitting().next() {
            Some(_) => NoRoute::Method,
            None => NoRoute::Path,
        })
}

/// The methods that operations with this path have; none where no operation has it.
pub fn methods(path: &str) -> impl Iterator<Item = Method> {
    Method::ALL.into_iter().filter(move |method| {
        let mut operations = super::operations();
        operations.any(|one| one.method == *method && fit(one, path).is_some())
    })
}

fn fit<'p>(operation: &'static Operation, path: &'p str) -> Option<Route<'p>> {
    let rest = path.strip_prefix(operation.client.base_path)?;
    let mut wanted = operation.path.split('/');
    let mut given = rest.split('/');
    let mut values = BTreeMap::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => {
                return Some(Route {
                    operation,
                    path: values,
                });
            }
            (Some(wanted), Some(given)) => {
                match wanted.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
                    Some(name) if !given.is_empty() => {
                        values.insert(name, given);
                    }
                    None if wanted == given => {}
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
}
