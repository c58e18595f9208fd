//! One attempt at one shipment of a connector.

use std::time::Duration;

use tokio::time::timeout;

use super::function::{self, Wanted};
use super::http::Http;
use super::objects::{Objects, Put};
use crate::engine::delivery::functions::Run;
use crate::engine::sch::{Arrival, Cargo, Fault, MOST_OBJECT_SECONDS, Shipment, ShipmentId};

/// How much of an error is told besides its place.
const MOST_TOLD_BYTES: usize = 300;

/// What came of a shipment.
pub(super) struct Shipped {
    pub id: ShipmentId,
    pub arrival: Arrival,
    /// The run of a function, with the function's OCID.
    pub run: Option<(String, Run)>,
}

impl Shipped {
    /// A shipment for which there was no time any more.
    pub(super) fn cut_off(id: ShipmentId) -> Self {
        let reason = "The target did not answer in the time that --delivery-timeout allows";
        Self {
            id,
            arrival: failed(reason),
            run: None,
        }
    }
}

/// Sends a shipment once.
pub(super) async fn ship(http: &Http, objects: &Objects, shipment: Shipment) -> Shipped {
    let id = shipment.id;
    match shipment.cargo {
        Cargo::Object {
            path,
            content,
            may_replace,
        } => {
            let limit = Duration::from_secs(MOST_OBJECT_SECONDS);
            let arrival = match timeout(limit, objects.put(&path, content, may_replace)).await {
                Ok(Ok(Put::Stored)) => Arrival::Stored,
                Ok(Ok(Put::NameTaken)) => Arrival::NameTaken,
                Ok(Err(fault)) => Arrival::Failed(Fault {
                    reason: format!("The target refuses: {}", fault.reason),
                    ..fault
                }),
                Err(_) => failed(format!(
                    "The target refuses: the object {path} was not stored within {MOST_OBJECT_SECONDS} s"
                )),
            };
            Shipped {
                id,
                arrival,
                run: None,
            }
        }
        Cargo::Call {
            function_id,
            function: None,
            ..
        } => Shipped {
            id,
            arrival: failed(format!(
                "There is no function {function_id} on this machine; ocelot local function add makes one"
            )),
            run: None,
        },
        Cargo::Call {
            function: Some(function),
            body,
            ..
        } => {
            let mut run = function::run(http, &function, &body, Wanted::Whole).await;
            let arrival = arrival_of(&function.name, &mut run);
            Shipped {
                id,
                arrival,
                run: Some((function.id, run)),
            }
        }
    }
}

/// A failure of which no HTTP status tells.
fn failed(reason: impl Into<String>) -> Arrival {
    Arrival::Failed(Fault::from(reason.into()))
}

/// What the run of a function comes to; of the answer only the beginning stays in the function's logs.
fn arrival_of(name: &str, run: &mut Run) -> Arrival {
    if !run.succeeded {
        return Arrival::Failed(Fault {
            reason: format!(
                "The function {name} failed: {}; ocelot local function logs {name} shows its output",
                told_by(run)
            ),
            // That of a command is an exit status.
            status: run
                .status
                .and_then(|status| u16::try_from(status).ok())
                .filter(|status| *status >= 400),
        });
    }
    let logged = beginning(&run.output, Wanted::Beginning.most_bytes()).to_owned();
    let answer = std::mem::replace(&mut run.output, logged);
    let most_bytes = Wanted::Whole.most_bytes();
    match answer.len() < most_bytes {
        true => Arrival::Answered(answer),
        false => failed(format!(
            "The function {name} failed: its answer has {most_bytes} bytes or more"
        )),
    }
}

/// What a run that has failed tells of it: the last line that it wrote, which is the one that names the error.
fn told_by(run: &Run) -> String {
    let mut lines = run.error_output.lines().map(str::trim);
    let last = lines.rfind(|line| !line.is_empty());
    match (last, run.status) {
        (Some(line), _) => beginning(line, MOST_TOLD_BYTES).to_owned(),
        (None, Some(status)) => format!("its status is {status}"),
        (None, None) => "a signal ended it".to_owned(),
    }
}

/// The beginning of a text, of so many bytes at most.
fn beginning(text: &str, most_bytes: usize) -> &str {
    let ends = (0..=most_bytes.min(text.len())).rev();
    let mut beginnings = ends.filter_map(|end| text.get(..end));
    beginnings.next().unwrap_or_default()
}
