//! Requests on their way: signed, shown, sent, and sent again where that may help.

use std::thread;
use std::time::{Duration, Instant};

use super::auth::Credentials;
use super::error::RemoteError;
use super::http::Http;
use super::retry::{self, RetryPolicy};
use super::trace::{self, Trace};
use super::{Request, Response};
use crate::clock::SystemClock;

/// How the requests of one command are sent.
pub struct Connection {
    /// Sends them.
    pub http: Http,
    /// How often.
    pub retry: RetryPolicy,
    /// Signs them, where there is something to sign with.
    pub credentials: Option<Box<dyn Credentials>>,
    /// Who is shown what is sent and what comes back.
    pub trace: Option<Trace>,
}

impl Connection {
    /// Sends a request, again if no response comes, and returns the response, whatever its status.
    pub fn send(&self, request: &Request) -> Result<Response, RemoteError> {
        self.repeat(|| self.exchange(request))
    }

    /// Signs and sends a request once.
    pub(super) fn exchange(&self, request: &Request) -> Result<Response, RemoteError> {
        let mut request = request.clone();
        if let Some(credentials) = &self.credentials {
            credentials.authorize(&mut request, &SystemClock)?;
        }
        if let Some(trace) = self.trace {
            trace::request(trace, &request);
        }
        let response = self.http.send(&request)?;
        if let Some(trace) = self.trace {
            trace::response(trace, &response);
        }
        Ok(response)
    }

    /// Makes an attempt, and further ones as long as it fails in passing.
    pub(super) fn repeat<T>(
        &self,
        attempt: impl Fn() -> Result<T, RemoteError>,
    ) -> Result<T, RemoteError> {
        let begun = Instant::now();
        for number in 1.. {
            let answer = attempt();
            let Err(error) = &answer else {
                return answer;
            };
            if number == 1 && is_unknown(error) && self.renews() {
                continue;
            }
            let Some(passing) = Passing::of(error) else {
                return answer;
            };
            let random = f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX);
            let wait = self.retry.wait(
                number,
                begun.elapsed(),
                passing.throttled,
                passing.retry_after,
                random,
            );
            match wait {
                Some(wait) => self.pause(wait, error),
                None => return answer,
            }
        }
        Err(RemoteError::NoAttempt)
    }

    /// Whether new credentials may be taken where the ones that were sent are not.
    fn renews(&self) -> bool {
        let credentials = self.credentials.as_ref();
        credentials.is_some_and(|credentials| credentials.renew())
    }

    fn pause(&self, wait: Duration, reason: &RemoteError) {
        if let Some(trace) = self.trace {
            trace(&format!("* {reason}: again in {:.1} s", wait.as_secs_f64()));
        }
        thread::sleep(wait);
    }
}

/// Whether the service does not know who is asking.
fn is_unknown(error: &RemoteError) -> bool {
    matches!(error, RemoteError::Service(error) if error.status == 401)
}

/// A failure that may be gone a little later.
struct Passing {
    throttled: bool,
    retry_after: Option<Duration>,
}

impl Passing {
    fn of(error: &RemoteError) -> Option<Self> {
        match error {
            RemoteError::Service(error) if retry::is_passing(error.status, &error.code) => {
                Some(Self {
                    throttled: error.status == 429,
                    retry_after: error.retry_after_seconds.map(Duration::from_secs),
                })
            }
            RemoteError::Http(error) if error.is_passing() => Some(Self {
                throttled: false,
                retry_after: None,
            }),
            _ => None,
        }
    }
}
