//! A server that can be killed and started again where it was, and Python with its clients.

use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(crate) use test_support::{PATIENCE, Server};
use test_support::{ocelot, wait};

/// Where a server listens.
#[derive(Clone)]
pub(crate) struct Addresses {
    pub(crate) http: String,
    pub(crate) kafka: String,
}

impl Addresses {
    /// Ports that are free.
    pub(crate) fn any() -> Self {
        let any = "127.0.0.1:0".to_owned();
        Self {
            http: any.clone(),
            kafka: any,
        }
    }

    pub(crate) fn of(server: &Server) -> Self {
        Self {
            http: server.address().to_owned(),
            kafka: server.kafka().to_owned(),
        }
    }
}

/// Starts a server by a command that ends in running its arguments; nothing stands for none. What it tells of itself
/// goes into `home`.
pub(crate) fn serve(wrapper: &[&str], home: &Path, data: &Path, at: &Addresses) -> Server {
    let mut command = match wrapper.split_first() {
        None => Command::new(ocelot()),
        Some((first, rest)) => {
            let mut command = Command::new(first);
            command.args(rest).arg(ocelot());
            command
        }
    };
    command
        .env_remove("OCELOT_STRICT")
        .args(Server::words(&at.http, &at.kafka))
        .arg("--data-dir")
        .arg(data);
    Server::start(command, home)
}

/// A Python that has the clients.
pub(crate) struct Python(test_support::Python);

impl Python {
    /// `None` where the surroundings name none.
    pub(crate) fn find() -> Option<Self> {
        test_support::Python::find().map(Self)
    }

    /// A script of this repository, which is told things and tells things. What it logs is dropped.
    pub(crate) fn script(&self, path: &str) -> Command {
        let mut command = self.0.script(path);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command
    }
}

/// Waits for the end of a process, which must come in time and be a good one.
pub(crate) fn succeeds(process: &mut Child) {
    let status = wait(process).unwrap_or_else(|| {
        process.kill().unwrap();
        panic!("it does not end");
    });
    assert!(status.success(), "{status}");
}
