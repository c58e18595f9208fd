//! A connection: requests are answered one after the other, in the order they came.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::{Buf, Bytes};
use kafka_protocol::messages::ApiKey;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Kafka;
use super::answer::Answer;
use super::apis::api_versions;
use super::fetch_session::FetchSession;
use super::frame::{
    Frame, FrameError, FrameReader, MOST_PRODUCE_BYTES, MOST_REQUEST_BYTES, MOST_STRANGER_BYTES,
    Patience, RequestHeader,
};
use super::registry::{self, Call, Closing, Handled};
use super::sasl::{Identity, Login};
use crate::call::LOCAL_TENANCY;

/// How long a connection may be without a request. Source: Kafka's `connections.max.idle.ms`.
const IDLE: Duration = Duration::from_secs(600);

/// The longest that a client has to rest, in milliseconds: less than clients wait for an answer.
const MOST_REST_MS: i64 = 20_000;
/// How many requests are read while one is being answered, but for the one that is arriving.
const AHEAD_FRAMES: usize = 1;

/// What is known of a connection.
pub(super) struct Connection {
    /// The address that the client reached.
    pub(super) local: SocketAddr,
    /// The address that the client comes from.
    pub(super) peer: SocketAddr,
    /// How far the client has come with saying who it is.
    login: Mutex<Login>,
    identity: OnceLock<Identity>,
    /// What the client reads, where it told so once and for all.
    fetch_session: Mutex<Option<FetchSession>>,
    /// Counts fetches.
    turns: AtomicUsize,
    /// For how many milliseconds nothing more is taken from the client, once this request is answered.
    rest_ms: AtomicU64,
}

impl Connection {
    pub(super) fn new(local: SocketAddr, peer: SocketAddr) -> Self {
        Self {
            local,
            peer,
            login: Mutex::default(),
            identity: OnceLock::new(),
            fetch_session: Mutex::default(),
            turns: AtomicUsize::new(0),
            rest_ms: AtomicU64::new(0),
        }
    }

    /// A number that goes up by one each time.
    pub(super) fn next_turn(&self) -> usize {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes nothing more from the client for so long, once this request is answered, and returns for how long
    /// in the form of an answer: the client is to wait too, as Kafka's brokers have it (KIP-219).
    pub(super) fn throttle(&self, rest_ms: i64) -> i32 {
        let rest_ms = rest_ms.clamp(0, MOST_REST_MS);
        self.rest_ms
            .fetch_max(rest_ms.unsigned_abs(), Ordering::Relaxed);
        rest_ms as i32
    }

    /// How long the client is to rest now.
    fn take_rest(&self) -> Duration {
        Duration::from_millis(self.rest_ms.swap(0, Ordering::Relaxed))
    }

    /// Who the client is, once it has shown it.
    pub(super) fn identity(&self) -> Option<&Identity> {
        self.identity.get()
    }

    /// The client has shown who it is, which it does once.
    pub(super) fn identify(&self, identity: Identity) {
        self.identity.get_or_init(|| identity);
    }

    /// The OCID of the client's tenancy: the local one of those who need not say who they are.
    pub(super) fn tenancy_id(&self) -> &str {
        self.identity()
            .map_or(LOCAL_TENANCY, |identity| &identity.tenancy_id)
    }

    pub(super) fn login(&self) -> MutexGuard<'_, Login> {
        self.login.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn fetch_session(&self) -> MutexGuard<'_, Option<FetchSession>> {
        self.fetch_session
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves a connection until either side ends it.
pub(super) async fn serve<S>(
    stream: S,
    local: SocketAddr,
    peer: SocketAddr,
    kafka: Arc<Kafka>,
) -> Result<(), Closing>
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (reader, mut writer) = tokio::io::split(stream);
    let connection = Arc::new(Connection::new(local, peer));
    let (sender, mut frames) = mpsc::channel(AHEAD_FRAMES);
    // Aborted when this function ends.
    let mut reading = JoinSet::new();
    reading.spawn(read(
        FrameReader::new(reader, kafka.memory.clone()),
        Arc::clone(&connection),
        Arc::clone(&kafka),
        sender,
    ));
    loop {
        let frame = tokio::select! {
            frame = frames.recv() => frame.transpose()?,
            () = kafka.shared.stopping.begun() => return Ok(()),
        };
        let Some(Frame { bytes, held }) = frame else {
            return Ok(());
        };
        let answer = tokio::select! {
            biased;
            answer = answer(&kafka, &connection, bytes) => answer?,
            // The client is gone.
            Some(_) = reading.join_next() => return Ok(()),
        };
        drop(held);
        if let Some(mut answer) = answer {
            send(
                &mut writer,
                &mut answer,
                kafka.shared.options.limits.client_timeout,
            )
            .await?;
            kafka.buffers.take_back(answer.lent);
            if answer.last {
                return Ok(());
            }
        }
        let rest = connection.take_rest();
        if !rest.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                Some(_) = reading.join_next() => return Ok(()),
                () = kafka.shared.stopping.begun() => return Ok(()),
            }
        }
    }
}

/// Reads frames until the client is done, a little ahead of what is being answered: so the network and the
/// disk work at the same time.
async fn read<R: AsyncRead + Unpin>(
    mut frames: FrameReader<R>,
    connection: Arc<Connection>,
    kafka: Arc<Kafka>,
    sender: mpsc::Sender<Result<Frame, FrameError>>,
) {
    let patience = Patience {
        idle: IDLE,
        arrival: kafka.shared.options.limits.client_timeout,
    };
    let limit = |api_key| most_bytes(&kafka, &connection, api_key);
    while let Some(frame) = frames.next(patience, limit).await.transpose() {
        let is_last = frame.is_err();
        if sender.send(frame).await.is_err() || is_last {
            return;
        }
    }
}

fn most_bytes(kafka: &Kafka, connection: &Connection, api_key: Option<i16>) -> usize {
    match api_key {
        _ if kafka.is_stranger(connection) => MOST_STRANGER_BYTES,
        Some(key) if key == ApiKey::Produce as i16 => MOST_PRODUCE_BYTES,
        _ => MOST_REQUEST_BYTES,
    }
}

/// Answers one frame.
pub(super) async fn answer(kafka: &Kafka, connection: &Connection, mut frame: Bytes) -> Handled {
    if let Some(answer) = kafka.raw_token(connection, &frame) {
        return answer.map(Some);
    }
    let whole = frame.clone();
    let header = RequestHeader::take(&mut frame)?;
    let api = registry::find(header.api_key, kafka.is_strict())
        .ok_or(Closing::UnknownApi(header.api_key))?;
    if !api.for_strangers && kafka.is_stranger(connection) {
        return Err(Closing::Stranger(api.key));
    }
    let is_served = api.versions.contains(&header.version);
    if is_served {
        header.take_rest(api.key, &mut frame)?;
    }
    let call = Call {
        kafka,
        connection,
        api,
        header,
        frame: whole,
        body: frame,
    };
    match api.key {
        _ if is_served => (api.handle)(call).await,
        ApiKey::ApiVersions => api_versions::refuse_version(&call),
        api => Err(Closing::UnknownVersion {
            api,
            version: header.version,
        }),
    }
}

async fn send(
    writer: &mut (impl AsyncWrite + Unpin),
    answer: &mut Answer,
    patience: Duration,
) -> Result<(), Closing> {
    while answer.chunks.has_remaining() {
        let written = timeout(patience, writer.write_buf(&mut answer.chunks)).await;
        match written {
            Err(_) => return Err(FrameError::Slow(patience).into()),
            Ok(Err(error)) => return Err(FrameError::Broken(error).into()),
            Ok(Ok(0)) => return Err(FrameError::CutShort.into()),
            Ok(Ok(_)) => {}
        }
    }
    writer.flush().await.map_err(FrameError::Broken)?;
    Ok(())
}
