//! What the tests of ocelot share: the program in a home of its own, a server of it, Python with its clients, and an
//! engine with a clock to turn. Whatever goes wrong in here fails the test by panicking.

mod bench;
mod call;
mod clock;
mod home;
mod process;
mod program;
mod python;
mod server;
mod shape;

pub use bench::Bench;
pub use call::Asked;
pub use clock::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, START_MS, Time};
pub use home::{Home, is_private};
pub use process::{PATIENCE, awaited, eventually, finish, ocelot, printed, signal, succeed, wait};
pub use program::{Program, lines, words};
pub use python::{Python, RSA_KEY, python};
pub use server::{Server, ask, body_of, text_of};

/// The compartment of what the helpers create.
pub const COMPARTMENT: &str = "ocid1.compartment.oc1..shop";

/// A text of a JSON document.
pub fn text(value: &serde_json::Value) -> String {
    let text = value.as_str();
    text.unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}
