//! `--dry-run`: the request that a command would send, shown and not sent.
//!
//! It is shown as it is before it is signed: what a signature adds (`authorization`, `date`, `host`,
//! `x-content-sha256`, `content-length`) is made when a request is sent. Of a command that sends several
//! requests the first is shown. Nothing is asked, opened, written or sent.

use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::error::{CliError, exit};
use super::target::Destination;
use super::terminal;
use crate::api::operation::{Method, Operation};
use crate::client::Request;
use crate::output::{self, Format};
use crate::profile::{AuthKind, BaseUrl, ProfileError, Setting, Settings};

/// Longest body that is put on curl's command line; longer ones go to its input, because systems limit an
/// argument's length, Linux to 128 KiB.
const MOST_ARGUMENT_BYTES: usize = 64 * 1024;

/// The form in which a request is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DryRun {
    /// As data.
    Request,
    /// As a line for a shell that sends it with curl.
    Curl,
}

impl DryRun {
    /// Their names; the first is meant where none is given.
    pub(super) const NAMES: &[&str] = &["request", "curl"];

    /// The form with this name, in any case.
    pub(super) fn named(name: &str) -> Option<Self> {
        let all = Self::NAMES.iter().zip([Self::Request, Self::Curl]);
        let mut found = all.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.next().map(|(_, form)| form)
    }
}

/// Shows a request. `is_signed` tells whether it would be signed when sent.
pub(super) fn show(
    request: &Request,
    form: DryRun,
    is_signed: bool,
    format: &Format,
) -> Result<ExitCode, CliError> {
    request
        .check_headers()
        .map_err(|error| CliError::refused(error.to_string()))?;
    let request = &without_authorization(request);
    match form {
        DryRun::Request => terminal::print(&output::envelope(as_data(request), format)?)?,
        DryRun::Curl => {
            terminal::data(as_curl(request).as_bytes())?;
            if is_signed {
                terminal::note(
                    "Note: the request is signed when ocelot sends it; curl sends it without a signature, \
                     which the cloud refuses.",
                );
            }
        }
    }
    Ok(ExitCode::from(exit::OK))
}

/// The address that a command's requests would go to. For messages in the cloud it is the likely one: which
/// it is, the stream or queue would have to be asked.
pub(super) fn address(
    destination: &Destination,
    operation: &Operation,
    settings: &Settings,
) -> Result<BaseUrl, ProfileError> {
    let address = destination.address(operation, settings)?;
    let is_asked_for = matches!(destination, Destination::Cloud)
        && matches!(operation.client.name, "stream" | "queue");
    if !is_asked_for || settings.get(Setting::Endpoint).is_some() {
        return Ok(address);
    }
    let Some(region) = settings.region()? else {
        return Ok(address);
    };
    terminal::note(
        "Note: before this request the stream or queue is asked for the address of its messages; shown is \
         the likely one.",
    );
    BaseUrl::of_first_cell(operation, &region, settings.is_on(Setting::DualStack))
}

/// Whether requests to a server or the cloud would be signed.
pub(super) fn is_signed(settings: &Settings) -> Result<bool, ProfileError> {
    let has = |setting| settings.get(setting).is_some();
    let has_key = has(Setting::KeyFile) || has(Setting::KeyContent);
    Ok(has_key || settings.auth()? != AuthKind::ApiKey)
}

/// A raw request may bring one of its own, which is nobody's business.
fn without_authorization(request: &Request) -> Request {
    let mut shown = request.clone();
    let is_shown = |name: &str| !name.eq_ignore_ascii_case("authorization");
    shown.headers.retain(|(name, _)| is_shown(name));
    shown
}

fn as_data(request: &Request) -> Value {
    let headers: Map<String, Value> = request
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect();
    let mut data = json!({
        "method": request.method.as_str(),
        "url": request.url,
        "headers": headers,
    });
    if let Some(body) = body(request) {
        let text = || Value::from(String::from_utf8_lossy(body));
        data["body"] = serde_json::from_slice(body).unwrap_or_else(|_| text());
    }
    data
}

/// The body, where there is anything in it.
fn body(request: &Request) -> Option<&[u8]> {
    request.body.as_deref().filter(|body| !body.is_empty())
}

/// A command for a POSIX shell that sends the request.
fn as_curl(request: &Request) -> String {
    let mut parts = vec![match request.method {
        Method::Head => "curl --head".to_owned(),
        method => format!("curl --request {}", method.as_str()),
    }];
    let headers = request
        .headers
        .iter()
        .map(|(name, value)| match value.as_str() {
            // curl takes `name:` as the wish to leave a header out.
            "" => format!("--header {}", quoted(&format!("{name};"))),
            value => format!("--header {}", quoted(&format!("{name}: {value}"))),
        });
    parts.extend(headers);
    let mut input = String::new();
    match body(request) {
        Some(body) if body.len() > MOST_ARGUMENT_BYTES => {
            const END: &str = "END_OF_BODY";
            // Read from its input, curl drops line breaks, of which JSON on one line has none but the last.
            parts.push("--data @-".to_owned());
            input = format!(" <<'{END}'\n{}\n{END}", String::from_utf8_lossy(body));
        }
        Some(body) => {
            let body = String::from_utf8_lossy(body);
            parts.push(format!("--data-raw {}", quoted(&body)));
        }
        None if request.method.carries_body() => parts.push("--data-raw ''".to_owned()),
        None => {}
    }
    // Brackets, as those of IPv6 addresses, are no patterns; and a path is sent as it is.
    parts.push(format!(
        "--globoff --path-as-is --url {}",
        quoted(&request.url)
    ));
    format!("{}{input}\n", parts.join(" \\\n  "))
}

/// A word in single quotes, as POSIX shells take it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_take_what_is_quoted_as_it_is() {
        assert_eq!(quoted("it's $HOME `x` \\"), r"'it'\''s $HOME `x` \'");
    }

    #[test]
    fn empty_headers_and_bodies_are_sent() {
        let mut request = Request::new(Method::Post, "http://[::1]:1/x");
        request.set_header("if-match", "");
        assert_eq!(
            as_curl(&request),
            "curl --request POST \\\n  --header 'if-match;' \\\n  --data-raw '' \\\n  \
             --globoff --path-as-is --url 'http://[::1]:1/x'\n"
        );
    }
}
