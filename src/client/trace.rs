//! What `--debug` shows of requests and responses. What proves who the user is stays hidden.

use super::{Request, Response};

/// Receives a line of a trace.
pub type Trace = fn(&str);

/// Most bytes of a body that are shown.
const MOST_SHOWN: usize = 64 * 1024;

const HIDDEN: &str = "(hidden)";

/// Shows a request as it is sent.
pub(super) fn request(trace: Trace, request: &Request) {
    trace(&format!(
        "> {} {}",
        request.method.as_str(),
        masked_url(&request.url)
    ));
    show(trace, ">", &request.headers, request.body.as_deref());
}

/// Shows a response as it came.
pub(super) fn response(trace: Trace, response: &Response) {
    trace(&format!("< {}", response.status));
    show(trace, "<", &response.headers, Some(&response.body));
}

fn show(trace: Trace, mark: &str, headers: &[(String, String)], body: Option<&[u8]>) {
    for (name, value) in headers {
        let value = if is_secret(name) { HIDDEN } else { value };
        trace(&format!("{mark} {name}: {}", value.escape_debug()));
    }
    let body = body.unwrap_or_default();
    if let Some(shown) = body.get(..body.len().min(MOST_SHOWN))
        && !shown.is_empty()
    {
        let more = if shown.len() < body.len() { "…" } else { "" };
        trace(&format!("{mark} {}{more}", String::from_utf8_lossy(shown)));
    }
}

/// Whether a header or parameter proves who someone is. A retry token only tells requests apart.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let secret = ["authorization", "token", "cookie", "password", "secret"];
    name != super::compose::RETRY_TOKEN && secret.iter().any(|word| name.contains(word))
}

/// An address without the values of secret parameters, such as the token that confirms a subscription.
pub(crate) fn masked_url(url: &str) -> String {
    let Some((address, query)) = url.split_once('?') else {
        return url.to_owned();
    };
    let shown = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}={HIDDEN}"),
        _ => pair.to_owned(),
    });
    format!("{address}?{}", shown.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_proves_an_identity_is_hidden() {
        for name in [
            "Authorization",
            "opc-obo-token",
            "x-subject-token",
            "set-cookie",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["opc-retry-token", "etag", "content-type", "opc-request-id"] {
            assert!(!is_secret(name), "{name}");
        }
        assert_eq!(
            masked_url("http://h/p?protocol=EMAIL&token=abc"),
            "http://h/p?protocol=EMAIL&token=(hidden)"
        );
        assert_eq!(masked_url("http://h/p"), "http://h/p");
    }
}
