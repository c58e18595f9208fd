//! What a server that is ready can be reached by.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::listeners::from_here;
use super::options::ServeOptions;
use super::record::{ControlToken, ServerRecord, write_whole};
use crate::log::Durability;

/// What a server that is ready can be reached by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Where REST is served.
    pub http: SocketAddr,
    /// Where Kafka is served.
    pub kafka: SocketAddr,
    /// Where STOMP is served.
    pub stomp: SocketAddr,
    /// Whether they speak TLS.
    pub tls: bool,
    /// The certificate to trust the server by, where it made one of its own.
    pub ca: Option<PathBuf>,
    /// The data folder, unless all is in memory.
    pub folder: Option<PathBuf>,
}

impl Ready {
    /// Where REST is served, as a URL without a path that works on this machine.
    pub fn http_url(&self) -> String {
        format!("{}://{}", self.scheme(), from_here(self.http))
    }

    /// `http` or `https`.
    pub(super) fn scheme(&self) -> &'static str {
        match self.tls {
            true => "https",
            false => "http",
        }
    }

    /// Where Kafka is served, as `host:port` that works on this machine.
    pub fn kafka_address(&self) -> String {
        from_here(self.kafka).to_string()
    }

    /// Where STOMP is served, as `host:port` that works on this machine.
    pub fn stomp_address(&self) -> String {
        from_here(self.stomp).to_string()
    }

    /// It for those who look at the engine's state.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "http": self.http_url(),
            "kafka": self.kafka_address(),
            "stomp": self.stomp_address(),
            "pid": std::process::id(),
            "ca": self.ca.as_deref().map(shown),
        })
    }

    /// Writes it to a file for other programs, whole or not at all.
    pub(super) fn write(&self, file: &Path) -> io::Result<()> {
        let mut ready = self.to_json();
        if let Some(fields) = ready.as_object_mut() {
            let folder = self.folder.as_deref().map(shown);
            fields.insert("data_dir".to_owned(), folder.into());
        }
        write_whole(file, format!("{ready}\n").as_bytes())
    }

    /// What commands on the data folder find the server by.
    pub(super) fn record(
        &self,
        options: &ServeOptions,
        control: String,
        token: &ControlToken,
    ) -> ServerRecord {
        ServerRecord {
            pid: std::process::id(),
            http: self.http_url(),
            kafka: self.kafka_address(),
            ca: self.ca.clone(),
            fsync: options.durability == Durability::Fsync,
            strict: options.strict,
            control,
            token: token.clone(),
        }
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
