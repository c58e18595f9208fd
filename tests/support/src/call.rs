//! Calls of an engine by the names of their operations.

use ocelot::api::Service;
use ocelot::api::operation::Place;
use ocelot::call::{ApiError, Call, Reply};
use ocelot::engine::{Attempt, Engine};
use serde_json::Value;

use crate::shape::check_reply;

/// A call in the making.
#[must_use]
pub struct Asked<'e> {
    engine: &'e Engine,
    /// What is asked so far.
    pub call: Call,
}

impl<'e> Asked<'e> {
    /// A call of the first operation of these services that has this name.
    pub fn of(engine: &'e Engine, services: &[&'static Service], operation: &str) -> Self {
        let mut operations = services.iter().flat_map(|service| service.operations());
        let found = operations.find(|one| one.id.to_string() == operation);
        Self {
            engine,
            call: Call::new(found.unwrap_or_else(|| panic!("there is no {operation}"))),
        }
    }

    /// Sets a parameter where the operation has it; what it does not have goes to the headers.
    pub fn with(mut self, wire: &'static str, value: &str) -> Self {
        let mut params = self.call.operation.params.iter();
        let place = params.find(|param| param.wire == wire);
        let parameters = match place.map(|param| param.place) {
            Some(Place::Path) => &mut self.call.path,
            Some(Place::Query) => &mut self.call.query,
            Some(Place::Header) | None => &mut self.call.headers,
            Some(Place::Body) => panic!("{wire} belongs to the body"),
        };
        parameters.insert(wire, value.to_owned());
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: Value) -> Self {
        self.call.body = Some(body);
        self
    }

    /// The same with another value at this place of its body.
    pub fn but(mut self, pointer: &str, value: Value) -> Self {
        let body = self.call.body.as_mut().unwrap();
        *body.pointer_mut(pointer).unwrap() = value;
        self
    }

    /// The same call, made by another tenancy.
    pub fn by(mut self, tenancy_id: &str) -> Self {
        self.call.origin.tenancy_id = tenancy_id.to_owned();
        self
    }

    /// What comes of the call before anybody waits.
    pub fn attempt(&self) -> Attempt {
        self.engine.attempt(&self.call).unwrap()
    }

    /// The same of a caller who waits already.
    pub fn attempt_again(&self) -> Attempt {
        self.engine.attempt_again(&self.call).unwrap()
    }

    /// What comes of the call.
    ///
    /// # Errors
    ///
    /// The engine's refusal.
    pub fn answer(self) -> Result<Reply, ApiError> {
        self.engine.answer(&self.call)
    }

    /// The reply, whose body is as the operation's model says.
    pub fn ok(self) -> Reply {
        let operation = self.call.operation;
        let name = operation.id;
        let reply = self.answer().unwrap_or_else(|e| panic!("{name}: {e}"));
        check_reply(operation, &reply);
        reply
    }

    /// The body of the reply.
    pub fn value(self) -> Value {
        self.ok().body.unwrap()
    }

    /// The error that the call is refused with.
    pub fn refused(self) -> ApiError {
        let name = self.call.operation.id;
        let error = self.answer().err();
        error.unwrap_or_else(|| panic!("{name} did not fail"))
    }

    /// The message of an error that has this status and code.
    pub fn fails(self, status: u16, code: &str) -> String {
        let error = self.refused();
        assert_eq!((error.status, &*error.code), (status, code), "{error}");
        error.message
    }
}
