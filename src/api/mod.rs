//! The operation table: every fact about a command, once.
//!
//! It feeds the clap tree, help, man pages and completions, JSON skeletons and `--from-json`, the
//! HTTP request and the server's router, and the printed form of replies. It knows nothing else.

pub mod model;
pub mod models;
pub mod naming;
pub mod operation;
pub mod options;
pub mod route;
pub mod skeleton;

pub mod events;
pub mod monitoring;
pub mod ons;
pub mod queue;
pub mod sch;
pub mod streaming;

use std::fmt;

use operation::Operation;

/// Which operation of which service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationId {
    /// Of Streaming.
    Streaming(streaming::Streaming),
    /// Of Notifications.
    Ons(ons::Ons),
    /// Of Events.
    Events(events::Events),
    /// Of Queue.
    Queue(queue::Queue),
    /// Of Monitoring.
    Monitoring(monitoring::Monitoring),
    /// Of Connector Hub.
    Sch(sch::Sch),
}

impl fmt::Display for OperationId {
    /// Writes the operation's own name, as `CreateStream`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Streaming(id) => write!(f, "{id:?}"),
            Self::Ons(id) => write!(f, "{id:?}"),
            Self::Events(id) => write!(f, "{id:?}"),
            Self::Queue(id) => write!(f, "{id:?}"),
            Self::Monitoring(id) => write!(f, "{id:?}"),
            Self::Sch(id) => write!(f, "{id:?}"),
        }
    }
}

/// A service: its commands and the groups they stand in.
#[derive(Debug)]
pub struct Service {
    /// First word of its commands.
    pub name: &'static str,
    /// Its name in sentences.
    pub title: &'static str,
    /// Every path of words above a command, with a sentence.
    pub groups: &'static [(&'static str, &'static str)],
    /// Its operations: those of each of its parts, in the order that help shows.
    parts: &'static [&'static [Operation]],
}

impl Service {
    /// Its operations, in the order that help shows.
    pub fn operations(&self) -> impl Iterator<Item = &'static Operation> + use<> {
        self.parts.iter().copied().flatten()
    }
}

/// The services, in the order that help shows.
pub static SERVICES: [&Service; 6] = [
    &streaming::SERVICE,
    &queue::SERVICE,
    &ons::SERVICE,
    &events::SERVICE,
    &monitoring::SERVICE,
    &sch::SERVICE,
];

/// Every operation of every service.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    SERVICES.iter().flat_map(|service| service.operations())
}

impl OperationId {
    /// The service it belongs to.
    pub fn service(self) -> &'static Service {
        match self {
            Self::Streaming(_) => &streaming::SERVICE,
            Self::Ons(_) => &ons::SERVICE,
            Self::Events(_) => &events::SERVICE,
            Self::Queue(_) => &queue::SERVICE,
            Self::Monitoring(_) => &monitoring::SERVICE,
            Self::Sch(_) => &sch::SERVICE,
        }
    }

    /// Whether a token among the parameters shows that the caller may do it, as in the links of messages: then
    /// a request needs no signature.
    pub fn is_allowed_by_token(self) -> bool {
        let of_links = [
            ons::Ons::GetConfirmSubscription,
            ons::Ons::GetUnsubscription,
        ];
        matches!(self, Self::Ons(operation) if of_links.contains(&operation))
    }

    /// Its entry in the table; a test holds that each has one.
    pub fn operation(self) -> Option<&'static Operation> {
        let mut operations = self.service().operations();
        operations.find(|operation| operation.id == self)
    }
}
