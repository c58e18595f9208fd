//! Notifications: topics, subscriptions with their confirmation, and publishing.
//!
//! Semantics and limits are those of the service as far as they are known (behaviour.md, section 3). What no
//! source states is marked "unconfirmed" where it is decided.

mod confirmation;
mod endpoints;
#[cfg(test)]
mod event_tests;
mod limits;
mod lists;
mod policy;
mod publish;
mod subscriptions;
mod topics;

use super::Context;
use super::effects::Effect;
use super::events::envelope::Envelope;
use super::resource::Tags;
use crate::api::ons::Ons as Operation;
use crate::call::{ApiError, Call, Reply};
use crate::store::{FolderSession, Resource, Session};

pub(super) use limits::count_call;
pub(super) use publish::publish;
pub(super) use topics::TOPIC;

/// Answers a call of an operation of Notifications.
pub(super) fn answer(
    context: &Context<'_>,
    operation: Operation,
    call: &Call,
) -> Result<Reply, ApiError> {
    match operation {
        Operation::CreateTopic => topics::create(context, call),
        Operation::GetTopic => topics::get(context, call),
        Operation::ListTopics => topics::list(context, call),
        Operation::UpdateTopic => topics::update(context, call),
        Operation::DeleteTopic => topics::delete(context, call),
        Operation::ChangeTopicCompartment => topics::change_compartment(context, call),

        Operation::CreateSubscription => subscriptions::create(context, call),
        Operation::GetSubscription => subscriptions::get(context, call),
        Operation::ListSubscriptions => subscriptions::list(context, call),
        Operation::UpdateSubscription => subscriptions::update(context, call),
        Operation::DeleteSubscription => subscriptions::delete(context, call),
        Operation::ChangeSubscriptionCompartment => {
            subscriptions::change_compartment(context, call)
        }

        Operation::GetConfirmSubscription => confirmation::confirm(context, call),
        Operation::ResendSubscriptionConfirmation => confirmation::resend(context, call),
        Operation::GetUnsubscription => confirmation::unsubscribe(context, call),

        Operation::PublishMessage => publish::publish_message(context, call),
    }
}

/// The tenancy of the subscription that a link of a message is about.
pub(super) fn tenancy_of_link(
    session: &FolderSession<'_>,
    call: &Call,
) -> Result<Option<String>, ApiError> {
    let kind = subscriptions::SUBSCRIPTION.ocid_type;
    Ok(session.tenancy_of_resource(kind, call.path_value("id")?)?)
}

/// A resource of Notifications that has tags.
trait Tagged {
    /// Its free-form and its defined tags.
    fn tags(&self) -> (&Tags, &Tags);
}

/// Notes that something happened to a resource. Source of the types: behaviour.md 3.6.
fn emit<D: Tagged>(
    session: &Session<'_>,
    context: &Context<'_>,
    operation: &str,
    resource: &Resource<D>,
) -> Result<(), ApiError> {
    let event_type = format!("com.oraclecloud.notification.{operation}");
    let kind = ("notification", event_type.as_str());
    let envelope = Envelope::about(resource, kind, resource.details.tags(), context.now_ms);
    Ok(Effect::Event(Box::new(envelope)).note(session, context)?)
}
