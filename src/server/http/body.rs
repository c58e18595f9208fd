//! The body of a request, read within limits.

use std::io::Read;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::call::ApiError;
use crate::server::options::Limits;

/// Reads a body as it came, at most of the size and in the time that are allowed.
pub(super) async fn read(body: Body, limits: &Limits) -> Result<Bytes, ApiError> {
    let limited = Limited::new(body, limits.body_bytes);
    match tokio::time::timeout(limits.client_timeout, limited.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(limits.body_bytes)),
        Ok(Err(error)) => Err(ApiError::new(
            400,
            "CannotParseRequest",
            format!("The body of the request ended early: {error}"),
        )),
        Err(_) => Err(timed_out(limits.client_timeout)),
    }
}

/// The content of a body: inflated where it came compressed, at most to the size that is allowed.
pub(super) fn content(
    headers: &HeaderMap,
    body: Bytes,
    limits: &Limits,
) -> Result<Bytes, ApiError> {
    let encoding = headers.get(header::CONTENT_ENCODING);
    match encoding.map(|value| value.as_bytes().to_ascii_lowercase()) {
        None => Ok(body),
        Some(encoding) => match encoding.as_slice() {
            b"" | b"identity" => Ok(body),
            b"gzip" | b"x-gzip" => inflate(&body, limits.body_bytes),
            other => Err(ApiError::new(
                415,
                "UnsupportedMediaType",
                format!(
                    "Content-Encoding must be gzip or identity, not {}",
                    String::from_utf8_lossy(other)
                ),
            )),
        },
    }
}

fn inflate(compressed: &[u8], most_bytes: usize) -> Result<Bytes, ApiError> {
    let mut inflated = Vec::new();
    let mut decoder = MultiGzDecoder::new(compressed).take(most_bytes as u64 + 1);
    match decoder.read_to_end(&mut inflated) {
        Ok(_) if inflated.len() > most_bytes => Err(too_large(most_bytes)),
        Ok(_) => Ok(inflated.into()),
        Err(error) => Err(ApiError::new(
            400,
            "CannotParseRequest",
            format!("The body says that it is gzip, and is not: {error}"),
        )),
    }
}

fn too_large(most_bytes: usize) -> ApiError {
    ApiError::new(
        413,
        "PayloadTooLarge",
        format!("The body of the request has more than {most_bytes} bytes"),
    )
}

fn timed_out(limit: Duration) -> ApiError {
    ApiError::new(
        408,
        "RequestTimeout",
        format!(
            "The request was not there in whole after {} s",
            limit.as_secs()
        ),
    )
}
