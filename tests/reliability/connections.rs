//! Clients that wait cost little.

use crate::support::{Addresses, Python, serve, succeeds};

/// Most that a thousand idle connections and a thousand waiting fetches may cost together, in KiB. A release
/// build needs far less.
const MOST_KIB: u32 = 64 * 1024;

#[test]
fn a_thousand_idle_and_a_thousand_waiting_clients_cost_little_memory() {
    let Some(python) = Python::find() else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let server = serve(
        &[],
        home.path(),
        &home.path().join("data"),
        &Addresses::any(),
    );
    let mut clients = python.script("benches/connections.py");
    let mut clients = clients
        .args([server.address(), server.kafka()])
        .args([server.id(), MOST_KIB].map(|number| number.to_string()))
        .spawn()
        .unwrap();
    succeeds(&mut clients);
}
