//! A service's refusal, in the words of the official command line.

use serde_json::json;

use super::json;
use crate::api::operation::Operation;
use crate::call::ApiError;

const CLIENT_VERSION: &str = concat!("ocelot/", env!("CARGO_PKG_VERSION"));
const LOGGING_TIPS: &str = "Run the command again with --debug to see the request and the reply.";

/// What an error message tells besides the error.
#[derive(Clone, Debug)]
pub struct ErrorContext<'a> {
    /// What was asked for.
    pub operation: &'a Operation,
    /// The request's method and URL, as `GET https://…`.
    pub request_endpoint: &'a str,
    /// The reply's `opc-request-id`, by which the service finds the request in its logs.
    pub request_id: Option<&'a str>,
    /// When the reply came, as `2026-03-14T01:02:03.456000+00:00`.
    pub timestamp: &'a str,
    /// The likely cause and what to do about it, where it is known; told in place of general advice.
    pub cure: Option<&'a str>,
}

/// The message for stderr: `ServiceError:` and a JSON object, each line ended.
pub fn service_error(error: &ApiError, context: &ErrorContext<'_>) -> String {
    let details = json!({
        "client_version": CLIENT_VERSION,
        "code": error.code,
        "logging_tips": LOGGING_TIPS,
        "message": error.message,
        "opc-request-id": context.request_id,
        "operation_name": context.operation.name(),
        "request_endpoint": context.request_endpoint,
        "status": error.status,
        "target_service": context.operation.client.name,
        "timestamp": context.timestamp,
        "troubleshooting_tips": context.cure.unwrap_or_else(|| tip(error)),
    });
    // JSON has no line breaks: what a message sets out over several lines, as a query with a caret below its
    // fault, is shown again as it is meant.
    let set_out = match error.message.contains('\n') {
        true => format!("{}\n", error.message),
        false => String::new(),
    };
    format!(
        "{}:\n{}\n{set_out}",
        title(error, context),
        json::pretty(&details, "    ")
    )
}

/// Why a service could not be asked, or its answer not be understood.
#[derive(Clone, Debug)]
pub struct NoAnswer<'a> {
    /// The kind of failure, as the official command line calls it: `RequestException` and the like.
    pub title: &'a str,
    /// What happened, with the address that was tried.
    pub message: &'a str,
    /// The request's method and URL, as `GET https://…`.
    pub request_endpoint: &'a str,
    /// What to do next.
    pub next_step: &'a str,
    /// When it happened, as `2026-03-14T01:02:03.456000+00:00`.
    pub timestamp: &'a str,
}

/// The message for stderr where there is no answer: the title and a JSON object, each line ended.
pub fn no_answer(failure: &NoAnswer<'_>) -> String {
    let details = json!({
        "client_version": CLIENT_VERSION,
        "logging_tips": LOGGING_TIPS,
        "message": failure.message,
        "request_endpoint": failure.request_endpoint,
        "target_service": "CLI",
        "timestamp": failure.timestamp,
        "troubleshooting_tips": failure.next_step,
    });
    format!("{}:\n{}\n", failure.title, json::pretty(&details, "    "))
}

/// Errors that pass by themselves are told apart by their title.
///
/// A quirk of the official command line: they are those that its circuit breakers count, and of all
/// clients only the one for a stream's messages has no circuit breaker.
fn title(error: &ApiError, context: &ErrorContext<'_>) -> &'static str {
    let passes = match error.status {
        429 | 500 | 502 | 503 | 504 => true,
        409 => error.code == "IncorrectState",
        _ => false,
    };
    if passes && context.operation.client.name != "stream" {
        "TransientServiceError"
    } else {
        "ServiceError"
    }
}

fn tip(error: &ApiError) -> &'static str {
    match error.status {
        400 => "The message names the value that was refused; --help lists what each option takes.",
        401 => "Check the profile's user, fingerprint and key file, and the computer's clock.",
        403 | 404 => {
            "Check the id, the region and the compartment; a resource that may not be seen looks like one that is not there."
        }
        409 => {
            "The resource is busy or in the way: look at its lifecycle state and try again when it is settled."
        }
        412 => "Get the resource again and repeat the command with its new etag in --if-match.",
        429 => "Too many requests at a time: wait a little, then try again.",
        501 => "Whoever answered cannot do this; the message tells who can.",
        500.. => {
            "The service itself failed: try again later, and quote the opc-request-id if it goes on."
        }
        _ => "The status and the code say what kind of error it is.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{OperationId, streaming::Streaming};

    fn title_of(id: Streaming, status: u16, code: &'static str) -> String {
        let error = ApiError::new(status, code, "no");
        let context = ErrorContext {
            operation: OperationId::Streaming(id).operation().unwrap(),
            request_endpoint: "GET http://127.0.0.1:1/",
            request_id: None,
            timestamp: "2026-03-14T01:02:03+00:00",
            cure: None,
        };
        let text = service_error(&error, &context);
        text.split(':').next().unwrap().to_owned()
    }

    #[test]
    fn errors_that_pass_have_a_title_of_their_own() {
        let get = Streaming::GetStream;
        assert_eq!(
            title_of(get, 404, "NotAuthorizedOrNotFound"),
            "ServiceError"
        );
        assert_eq!(
            title_of(get, 409, "IncorrectState"),
            "TransientServiceError"
        );
        assert_eq!(title_of(get, 409, "InvalidatedRetryToken"), "ServiceError");
        assert_eq!(
            title_of(get, 503, "ServiceUnavailable"),
            "TransientServiceError"
        );
        assert_eq!(title_of(get, 501, "MethodNotImplemented"), "ServiceError");
        let messages = Streaming::GetMessages;
        assert_eq!(title_of(messages, 429, "TooManyRequests"), "ServiceError");
    }
}
