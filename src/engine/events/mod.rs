//! Events: rules that pick events and hand them to streams, topics and functions.
//!
//! Semantics and limits are those of the service as far as they are known (behaviour.md, section 4). What no
//! source states is marked "unconfirmed" where it is decided.

mod actions;
pub mod condition;
mod counts;
mod emit;
pub mod envelope;
mod routing;
mod rules;
pub mod types;

use super::Context;
use crate::api::events::Events as Operation;
use crate::call::{ApiError, Call, Reply};

pub(super) use counts::count_delivery;
pub use emit::{EventSketch, NewEvent};
pub(super) use routing::hand_on;
pub(super) use rules::{note_failure, overview};

/// Answers a call of an operation of Events; a strict engine has the quota of a tenancy.
pub(super) fn answer(
    context: &Context<'_>,
    is_strict: bool,
    operation: Operation,
    call: &Call,
) -> Result<Reply, ApiError> {
    match operation {
        Operation::CreateRule => rules::create(context, is_strict, call),
        Operation::GetRule => rules::get(context, call),
        Operation::ListRules => rules::list(context, call),
        Operation::UpdateRule => rules::update(context, call),
        Operation::DeleteRule => rules::delete(context, call),
        Operation::ChangeRuleCompartment => rules::change_compartment(context, call),
    }
}
