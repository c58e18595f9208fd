//! What connectors are measured by, once it has happened.

use std::time::Duration;

use super::super::Context;
use super::super::metrics::{Amount, PlaceMetrics, Subject};
use super::connectors::Connector;
use super::metric_details::{CONNECTOR_NAME, SOURCE_TYPE};
use super::movement::NewRecord;
use super::shipments::Fault;
use crate::call::ApiError;

/// The code of an error that no service has told of, as of a connection that broke. Source: behaviour.md 6.5.
const NO_STATUS: &str = "-1";

/// What came to a connector from its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub amount: Amount,
    /// When the oldest record arose, in milliseconds.
    oldest_ms: i64,
}

impl Reading {
    /// Of these records; `None` where there are none.
    pub(super) fn of(records: &[NewRecord]) -> Option<Self> {
        let oldest_ms = records.iter().map(|record| record.time_ms).min()?;
        Some(Self {
            amount: amount_of(records),
            oldest_ms,
        })
    }
}

/// How many records these are, and bytes of them.
pub(super) fn amount_of(records: &[NewRecord]) -> Amount {
    let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Amount {
        records: whole(records.len()),
        bytes: whole(records.iter().map(|record| record.text.len()).sum()),
    }
}

/// What a connector is measured by.
pub(super) struct Measures<'m> {
    context: &'m Context<'m>,
    connector: &'m Connector,
}

impl<'m> Measures<'m> {
    pub(super) fn of(context: &'m Context<'m>, connector: &'m Connector) -> Self {
        Self { context, connector }
    }

    pub(super) fn read(&self, place: &'static PlaceMetrics, reading: Reading, took: Duration) {
        let dimensions = self.dimensions();
        let subject = self.subject(&dimensions);
        let recorder = self.context.recorder;
        recorder.moved(place, &subject, (reading.amount, took));
        let age_ms = self.context.now_ms.saturating_sub(reading.oldest_ms);
        recorder.freshness(&subject, age_ms.max(0));
    }

    pub(super) fn written(&self, place: &'static PlaceMetrics, amount: Amount, took: Duration) {
        let dimensions = self.dimensions();
        let subject = self.subject(&dimensions);
        self.context.recorder.moved(place, &subject, (amount, took));
    }

    /// What a function has answered.
    pub(super) fn answered(&self, amount: Amount) {
        let dimensions = self.dimensions();
        self.context
            .recorder
            .answered(&self.subject(&dimensions), amount);
    }

    /// A place has refused, or the engine itself has failed.
    pub(super) fn refused(&self, place: &'static PlaceMetrics, error: &ApiError) {
        let code = error.status.to_string();
        let within = error.status >= 500;
        self.error((!within).then_some(place), &code, &error.code);
    }

    /// A place outside the engine has failed.
    pub(super) fn failed(&self, place: &'static PlaceMetrics, fault: &Fault) {
        let code = fault.status.map(|status| status.to_string());
        let code = code.as_deref().unwrap_or(NO_STATUS);
        self.error(Some(place), code, type_of(fault.status));
    }

    fn error(&self, place: Option<&'static PlaceMetrics>, code: &str, kind: &str) {
        let [name, source, target] = self.dimensions();
        let dimensions = [
            name,
            source,
            target,
            ("errorCode", code),
            ("errorType", kind),
        ];
        let subject = self.subject(&dimensions);
        match place {
            Some(place) => self.context.recorder.failed(place, &subject),
            None => self.context.recorder.failed_within(&subject),
        }
    }

    fn dimensions(&self) -> [(&'static str, &'m str); 3] {
        let details = &self.connector.details;
        [
            (CONNECTOR_NAME, self.connector.name.as_str()),
            (SOURCE_TYPE, details.source.word()),
            ("connectorTargetType", details.target.word()),
        ]
    }

    fn subject<'s>(&'s self, dimensions: &'s [(&'static str, &'s str)]) -> Subject<'s> {
        Subject::of(&self.connector.id, self.context.now_ms).with(dimensions)
    }
}

/// The type of an error with an HTTP status, as services call it.
fn type_of(status: Option<u16>) -> &'static str {
    match status {
        None => "ClientError",
        Some(401) => "NotAuthenticated",
        Some(404) => "NotAuthorizedOrNotFound",
        Some(429) => "TooManyRequests",
        Some(500..) => "InternalServerError",
        Some(_) => "InvalidParameter",
    }
}
