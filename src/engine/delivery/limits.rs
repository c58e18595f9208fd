//! How many messages a minute an endpoint gets from an engine that is strict. Source: behaviour.md 3.5; that the
//! others wait for their turn is unconfirmed.

use super::super::options::Strictness;
use super::super::rates::{Rate, Throttled};
use super::Destination;

const WEB: Rate = Rate::per_minute("messages to an endpoint", 60);
const EMAIL: Rate = Rate::per_minute("messages to an email address", 10);
const SMS: Rate = Rate::per_minute("messages to a phone number", 6);

/// Counts an attempt at a destination, unless it has to rest.
pub(super) fn count_attempt(
    strictness: &Strictness,
    destination: &Destination,
    now_ms: i64,
) -> Result<(), Throttled> {
    let Some(rates) = strictness.rates() else {
        return Ok(());
    };
    let rate = match destination {
        Destination::Webhook(_)
        | Destination::Slack(_)
        | Destination::PagerDuty(_)
        | Destination::Function(_) => &WEB,
        Destination::Email(_) => &EMAIL,
        Destination::Sms(_) => &SMS,
    };
    rates.take(rate, destination.endpoint(), 1, now_ms)
}
