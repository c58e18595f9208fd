//! What the service in the cloud refuses and this engine does only when it is strict: rates a minute.
//! Source: behaviour.md 3.1.
//!
//! What a rule, an alarm or a connector publishes is not counted: its service does not call this one's interface.

use super::super::Context;
use super::super::options::Strictness;
use super::super::rates::{Rate, Throttled};
use crate::api::ons::Ons as Operation;
use crate::call::Call;

/// Of each kind, in a tenancy.
const CALLS: Rate = Rate::per_minute("requests of this kind", 60);

/// The same for those that look at topics.
const LOOKS: Rate = Rate::per_minute("requests of this kind", 120);

const PUBLISHED: Rate = Rate::per_minute("messages to a topic", 60);

/// Counts a call, unless there were too many of its kind.
pub(in super::super) fn count_call(
    strictness: &Strictness,
    context: &Context<'_>,
    operation: Operation,
    call: &Call,
) -> Result<(), Throttled> {
    use Operation as O;
    let Some(rates) = strictness.rates() else {
        return Ok(());
    };
    let (rate, place) = match operation {
        O::PublishMessage => (&PUBLISHED, call.path.get("topicId")),
        O::GetTopic | O::ListTopics => (&LOOKS, None),
        O::CreateTopic
        | O::UpdateTopic
        | O::DeleteTopic
        | O::ChangeTopicCompartment
        | O::CreateSubscription
        | O::GetSubscription
        | O::ListSubscriptions
        | O::UpdateSubscription
        | O::DeleteSubscription
        | O::ChangeSubscriptionCompartment
        | O::GetConfirmSubscription
        | O::ResendSubscriptionConfirmation
        | O::GetUnsubscription => (&CALLS, None),
    };
    let place = place.map_or("", String::as_str);
    let whom = format!("{operation:?} {} {place}", context.store.tenancy_id());
    rates.take(rate, &whom, 1, context.now_ms)
}
