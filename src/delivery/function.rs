//! Running functions: what all kinds have in common.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::command;
use super::fdk;
use super::forms::{Post, content_type};
use super::http::{Answer, Http, PostFailure};
use crate::clock::{Clock, SystemClock, rfc3339};
use crate::engine::delivery::functions::{Function, Run, Runtime};

/// A run in the making.
pub(super) struct Invocation<'f> {
    pub function: &'f Function,
    pub call_id: String,
    pub body: &'f str,
    pub timeout: Duration,
    pub wanted: Wanted,
    started_ms: i64,
}

/// What a function did.
#[derive(Default)]
pub(super) struct Result {
    pub status: Option<i32>,
    pub succeeded: bool,
    pub output: String,
    pub error_output: String,
}

impl Result {
    /// A function that did not come to do anything.
    pub(super) fn not_run(reason: impl Into<String>) -> Self {
        Self {
            error_output: reason.into(),
            ..Self::default()
        }
    }

    /// One that has not answered as it should, with what it wrote besides.
    pub(super) fn failed(failure: PostFailure, written: &str) -> Self {
        let texts = [failure.reason.as_str(), written];
        let texts = texts.into_iter().filter(|text| !text.is_empty());
        Self {
            status: failure.status.map(i32::from),
            error_output: texts.collect::<Vec<_>>().join("\n"),
            ..Self::default()
        }
    }
}

impl Invocation<'_> {
    /// The variables that a function finds in its environment. Source: Fn Project, container contract.
    pub(super) fn environment(&self, format: &str) -> Vec<(&'static str, String)> {
        let function = self.function;
        vec![
            ("FN_APP_ID", "ocid1.fnapp.oc1.local.local".to_owned()),
            ("FN_APP_NAME", "local".to_owned()),
            ("FN_FN_ID", function.id.clone()),
            ("FN_FN_NAME", function.name.clone()),
            ("FN_FORMAT", format.to_owned()),
            ("FN_TYPE", "sync".to_owned()),
            ("FN_MEMORY", "128".to_owned()),
            ("FN_CALL_ID", self.call_id.clone()),
            ("FN_DEADLINE", self.deadline()),
            ("FN_CONTENT_TYPE", content_type(self.body).to_owned()),
        ]
    }

    /// The event as a POST to an address that the function has.
    pub(super) fn post(&self, url: &str) -> Post {
        Post {
            url: url.to_owned(),
            headers: vec![
                ("content-type", content_type(self.body).to_owned()),
                ("fn-call-id", self.call_id.clone()),
                ("fn-deadline", self.deadline()),
            ],
            body: self.body.to_owned(),
            timeout: self.timeout,
            most_answer_bytes: self.wanted.most_bytes(),
        }
    }

    /// What comes of an answer, and of what the function wrote besides.
    pub(super) fn result_of(&self, answer: Answer, written: String) -> Result {
        match self.wanted.is_met_by(&answer) {
            true => Result {
                status: Some(answer.status.into()),
                succeeded: true,
                output: answer.body,
                error_output: written,
            },
            false => {
                let failure = PostFailure {
                    reason: self.wanted.told_of(&answer),
                    status: Some(answer.status),
                };
                Result {
                    output: answer.body,
                    ..Result::failed(failure, &written)
                }
            }
        }
    }

    /// When the function must have ended, as RFC 3339.
    pub(super) fn deadline(&self) -> String {
        let timeout_ms = i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX);
        rfc3339(self.started_ms.saturating_add(timeout_ms))
    }
}

/// How much of a function's answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The beginning, for the function's logs.
    Beginning,
    /// All of it, as a connector goes on with it.
    Whole,
}

impl Wanted {
    /// Most bytes that are read. The service takes as much as that for the body of a call.
    pub(super) const fn most_bytes(self) -> usize {
        match self {
            Self::Beginning => 64 * 1024,
            Self::Whole => 6 * 1024 * 1024,
        }
    }

    /// Why an answer is not what is wanted.
    fn told_of(self, answer: &Answer) -> String {
        let (bytes, most_bytes) = (answer.body.len(), self.most_bytes());
        match bytes < most_bytes {
            true => format!("its answer broke off after {bytes} bytes"),
            false => format!("its answer has {most_bytes} bytes or more"),
        }
    }

    /// Whether an answer that breaks off is as good as none.
    pub(super) fn is_met_by(self, answer: &Answer) -> bool {
        self == Self::Beginning || answer.is_whole
    }
}

/// Runs a function with an event, within its time limit.
pub(super) async fn run(http: &Http, function: &Function, body: &str, wanted: Wanted) -> Run {
    let invocation = Invocation {
        function,
        call_id: Uuid::new_v4().to_string(),
        body,
        timeout: Duration::from_secs(function.definition.timeout_seconds.into()),
        wanted,
        started_ms: SystemClock.now_ms(),
    };
    let begun = Instant::now();
    let work = async {
        match &function.definition.runtime {
            Runtime::Command(line) => command::run(&invocation, line).await,
            Runtime::Fdk(line) => fdk::run(&invocation, line).await,
            Runtime::Url(url) => post(http, &invocation, url).await,
        }
    };
    let result = tokio::time::timeout(invocation.timeout, work).await;
    let result = result.unwrap_or_else(|_| {
        let seconds = invocation.timeout.as_secs();
        Result::not_run(format!("it did not end within its {seconds} s"))
    });
    Run {
        call_id: invocation.call_id,
        time_started_ms: invocation.started_ms,
        duration_ms: i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX),
        status: result.status,
        succeeded: result.succeeded,
        output: result.output,
        error_output: result.error_output,
    }
}

async fn post(http: &Http, invocation: &Invocation<'_>, url: &str) -> Result {
    match http.post(invocation.post(url)).await {
        Ok(answer) => invocation.result_of(answer, String::new()),
        Err(failure) => Result::failed(failure, ""),
    }
}
