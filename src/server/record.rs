//! How commands on the same machine find the server that has their data folder.
//!
//! The server leaves `server.json` in the folder. It is believed only while the process that it names holds the
//! folder's lock: one that a killed server left behind misleads nobody. A server that has answered all that it
//! was asked is noted in `servers-ended.json`: whoever lost a connection to that one may ask again.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ring::digest::SHA256;
use serde::{Deserialize, Serialize};
use url::{Host, Url};
use uuid::Uuid;

use crate::clock::SystemClock;
use crate::engine::{Engine, EngineError, EngineOptions, FolderError, Home};

const FILE_NAME: &str = "server.json";
const ENDED_NAME: &str = "servers-ended.json";

/// How many servers that ended well are remembered.
const REMEMBERED: usize = 16;

/// The longest that one attempt waits for the folder's lock.
const STEP: Duration = Duration::from_millis(20);

/// How to reach the server that has a data folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServerRecord {
    /// Its process.
    pub pid: u32,
    /// Where it serves REST, as a URL without a path.
    pub http: String,
    /// Where it serves Kafka, as `host:port`.
    pub kafka: String,
    /// The certificate to trust it by, where it made one of its own.
    pub ca: Option<PathBuf>,
    /// Whether its answered writes survive a power cut.
    pub fsync: bool,
    /// Whether it refuses what the services in the cloud refuse.
    pub strict: bool,
    /// Where it takes commands of this machine, as a URL without a path.
    pub control: String,
    /// What tells it that a command comes from the folder's owner.
    pub token: ControlToken,
}

/// The secret between a server and the commands on its data folder. It is not shown when printed.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ControlToken(String);

impl ControlToken {
    /// One that nobody can guess.
    pub(super) fn new() -> Self {
        Self(format!(
            "{}{}",
            Uuid::new_v4().simple(),
            Uuid::new_v4().simple()
        ))
    }

    /// The value of the `authorization` header that proves to have it.
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// Whether an `authorization` header proves to have it. Digests are compared, so that the time it takes
    /// tells nothing.
    pub(super) fn is_proven_by(&self, authorization: &[u8]) -> bool {
        let digest = |bytes: &[u8]| ring::digest::digest(&SHA256, bytes);
        digest(authorization).as_ref() == digest(self.authorization().as_bytes()).as_ref()
    }
}

impl fmt::Debug for ControlToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// Who has a data folder: this process, or a server.
pub enum Holder {
    /// This process, from now on.
    Here(Box<Engine>),
    /// A server, which answers in its place.
    Server(Box<ServerRecord>),
}

impl Holder {
    /// Opens the engine over `home`, or finds the server that has the folder. Waits for other processes, at
    /// most for `patience`.
    pub fn find(
        home: &Home,
        options: &EngineOptions,
        patience: Duration,
    ) -> Result<Self, EngineError> {
        let begun = Instant::now();
        let mut step = Duration::ZERO;
        loop {
            let opened = Engine::open_with(home, options.clone(), Box::new(SystemClock), step);
            let (busy, holder) = match opened {
                Ok(engine) => return Ok(Self::Here(Box::new(engine))),
                Err(EngineError::Folder(FolderError::Busy { path, holder, .. })) => (path, holder),
                Err(error) => return Err(error),
            };
            if let Some(record) = ServerRecord::read(&busy, &holder) {
                return Ok(Self::Server(Box::new(record)));
            }
            if begun.elapsed() >= patience {
                return Err(EngineError::Folder(FolderError::Busy {
                    path: busy,
                    holder,
                    seconds: patience.as_secs(),
                }));
            }
            step = STEP.min(patience);
        }
    }

    /// As [`Holder::find`], but only of a folder that is there already and answers nearly at once.
    pub fn peek(home: &Home) -> Option<Self> {
        match home {
            Home::Folder(path) if path.join("ocelot.db").exists() => {
                Self::find(home, &EngineOptions::default(), Duration::from_millis(10)).ok()
            }
            _ => None,
        }
    }
}

impl ServerRecord {
    /// The record of the server that holds the lock of the folder; `holder` is who does.
    fn read(folder: &Path, holder: &str) -> Option<Self> {
        let record = Self::left_in(folder)?;
        (record.pid.to_string() == holder).then_some(record)
    }

    /// The record in a folder, of a server that may have been killed since.
    pub fn left_in(folder: &Path) -> Option<Self> {
        let text = fs::read(folder.join(FILE_NAME)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Whether a URL leads to where the server serves REST: all names of this machine's own are the same.
    pub fn serves_at(&self, url: &str) -> bool {
        let place = |url: &str| {
            let url = Url::parse(url).ok()?;
            let is_own = match url.host()? {
                Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
                Host::Ipv4(address) => address.is_loopback(),
                Host::Ipv6(address) => address.is_loopback(),
            };
            let host = (!is_own).then(|| url.host_str().map(str::to_ascii_lowercase));
            Some((host, url.port_or_known_default()?))
        };
        let served = place(&self.http);
        served.is_some() && served == place(url)
    }

    /// Writes the record into the folder.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        write_whole(&folder.join(FILE_NAME), &serde_json::to_vec(self)?)
    }

    /// Notes that the server ends, and has answered all that it was asked.
    pub(super) fn note_end(&self, folder: &Path) -> io::Result<()> {
        let mut ended = ended_well(folder);
        ended.push(self.token.clone());
        let few = ended.len().saturating_sub(REMEMBERED);
        ended.drain(..few);
        write_whole(&folder.join(ENDED_NAME), &serde_json::to_vec(&ended)?)?;
        fs::remove_file(folder.join(FILE_NAME))
    }

    /// Whether this server has ended, and had answered all that it was asked.
    pub fn has_ended_well(&self, folder: &Path) -> bool {
        ended_well(folder).iter().any(|one| one.0 == self.token.0)
    }
}

/// The tokens of the last servers that ended well, which are of no use any more but to know them by.
fn ended_well(folder: &Path) -> Vec<ControlToken> {
    let text = fs::read(folder.join(ENDED_NAME)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Writes a file that only its owner can read, so that others see it whole or not at all.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    let written = file
        .write_all(content)
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // What was begun is of no use to anyone.
        let _ = fs::remove_file(&beside);
    }
    written
}
