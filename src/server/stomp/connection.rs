//! A connection: the client's frames are answered one after the other, while its subscriptions send messages.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadHalf};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use uuid::Uuid;

use super::Stomp;
use super::decoder::{Decoder, FrameLimits};
use super::deliveries::{Deliveries, Reader, WINDOW};
use super::error::{Closing, Refusal};
use super::frame::{Command, Frame};
use super::outgoing::{Closed, Outgoing, write};
use super::queue::{Queues, Received};
use super::session::{Request, Session, Settlement, Wish, settled_by};
use super::subscription::{Ending, Subscription};
use super::version::Version;
use crate::call::Origin;
use crate::server::options::Limits;

/// How long a connection without a subscription may be quiet: as long as one of Kafka. One with a subscription may
/// be for ever, since it waits for the queue.
const IDLE: Duration = Duration::from_secs(600);

/// More bytes than a message can have, so that it is the queue that says by how much it is too large.
const MOST_BODY_BYTES: usize = 1 << 20;
/// Most bytes of the headers and of the body before the connection is made: enough for names and a token.
const MOST_STRANGER_BYTES: usize = 8 << 10;

/// How much is read at least, once something comes.
const READ_BYTES: usize = 4 << 10;
/// How much is read at most.
const MOST_READ_BYTES: usize = 256 << 10;
/// The memory of a buffer that is larger is given back.
const KEPT_BYTES: usize = 16 << 10;

/// How long a client that was told the last word may go on sending. A connection that is closed with something
/// unread in it takes that word back.
const LINGER: Duration = Duration::from_secs(1);
/// How long the last words get when the server is to end.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Whether there is more to come from a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Open,
    Ended,
}

struct Connection<S> {
    stomp: Arc<Stomp>,
    reader: ReadHalf<S>,
    buffer: BytesMut,
    decoder: Decoder,
    session: Session,
    /// Who the client is, once that is known.
    origin: Origin,
    outgoing: Outgoing,
    deliveries: Arc<Deliveries>,
    /// Each a task, by the client's name for it. They end with the value.
    subscriptions: HashMap<String, JoinSet<()>>,
    /// Why subscriptions ended by themselves.
    refusals: mpsc::Receiver<Refusal>,
    refuse: mpsc::Sender<Refusal>,
    /// When it began.
    opened: Instant,
    /// When something came last.
    last_input: Instant,
    /// When the frame began that is arriving.
    frame_begun: Option<Instant>,
}

/// Serves a connection until either side ends it.
pub(super) async fn serve<S>(stream: S, stomp: Arc<Stomp>) -> Result<(), Closing>
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let stopping = stomp.shared.stopping.clone();
    let patience = stomp.shared.options.limits.client_timeout;
    let (reader, writer) = tokio::io::split(stream);
    let (outgoing, frames) = Outgoing::new();
    // Aborted when this function ends.
    let mut writing = JoinSet::new();
    writing.spawn(write(writer, frames, patience));
    let mut connection = Connection::new(stomp, reader, outgoing);
    let ended = tokio::select! {
        ended = connection.run() => ended,
        // The client takes nothing any more.
        Some(Ok(written)) = writing.join_next() => return written,
        () = stopping.begun() => Ok(Flow::Open),
    };
    let mut reader = connection.finish(&ended).await;
    let written = tokio::select! {
        written = writing.join_next() => written,
        () = async { stopping.begun().await; sleep(LAST_WORDS).await } => None,
    };
    if matches!(ended, Ok(Flow::Ended) | Err(Closing::Refused { .. })) {
        tokio::select! {
            _ = timeout(LINGER, read_away(&mut reader)) => {}
            () = stopping.begun() => {}
        }
    }
    match (ended, written) {
        (Ok(_), Some(Ok(written))) => written,
        (ended, _) => ended.map(|_| ()),
    }
}

/// Reads what a client still sends, to no end.
async fn read_away(reader: &mut (impl AsyncRead + Unpin)) {
    let mut bytes = vec![0; READ_BYTES];
    while reader.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
}

impl<S: AsyncRead> Connection<S> {
    fn new(stomp: Arc<Stomp>, reader: ReadHalf<S>, outgoing: Outgoing) -> Self {
        let (refuse, refusals) = mpsc::channel(1);
        let limits = FrameLimits {
            head_bytes: MOST_STRANGER_BYTES,
            body_bytes: MOST_STRANGER_BYTES,
        };
        Self {
            stomp,
            reader,
            buffer: BytesMut::new(),
            decoder: Decoder::new(limits),
            session: Session::default(),
            origin: Origin::default(),
            outgoing,
            deliveries: Arc::default(),
            subscriptions: HashMap::new(),
            refusals,
            refuse,
            opened: Instant::now(),
            last_input: Instant::now(),
            frame_begun: None,
        }
    }

    /// Answers frames until one side has enough.
    async fn run(&mut self) -> Result<Flow, Closing> {
        loop {
            while let Some(frame) = self.next_frame()? {
                if self.answer(frame).await? == Flow::Ended {
                    return Ok(Flow::Ended);
                }
            }
            let patience = self.patience();
            let too_late = async {
                match patience {
                    Some((end, closing)) => {
                        sleep_until(end).await;
                        closing
                    }
                    None => std::future::pending().await,
                }
            };
            let room = self.buffer.len().clamp(READ_BYTES, MOST_READ_BYTES);
            self.buffer.reserve(room);
            tokio::select! {
                read = self.reader.read_buf(&mut self.buffer) => match read? {
                    0 if self.frame_begun.is_some() => return Err(Closing::CutShort),
                    0 => return Ok(Flow::Open),
                    _ => self.last_input = Instant::now(),
                },
                Some(refusal) = self.refusals.recv() => {
                    return Err(Closing::refused(refusal, None));
                }
                closing = too_late => return Err(closing),
            }
        }
    }

    /// The next frame that is there.
    fn next_frame(&mut self) -> Result<Option<Frame>, Closing> {
        let decoded = self.decoder.decode(&mut self.buffer);
        let frame = decoded.map_err(|error| Closing::refused(error, self.decoder.receipt()))?;
        let is_arriving = frame.is_none() && self.decoder.is_within_frame();
        self.frame_begun = match is_arriving {
            true => self.frame_begun.or(Some(self.last_input)),
            false => None,
        };
        if self.buffer.is_empty() && self.buffer.capacity() > KEPT_BYTES {
            self.buffer = BytesMut::new();
        }
        Ok(frame)
    }

    /// Until when the client must have sent more, and what it is otherwise.
    fn patience(&self) -> Option<(Instant, Closing)> {
        let Limits { client_timeout, .. } = self.stomp.shared.options.limits;
        let is_connected = self.session.version().is_some();
        let unfinished = self.frame_begun.filter(|_| is_connected);
        match unfinished.or((!is_connected).then_some(self.opened)) {
            Some(begun) => Some((begun + client_timeout, Closing::Slow(client_timeout))),
            None if self.session.has_subscriptions() => None,
            None => Some((self.last_input + IDLE, Closing::Idle(IDLE))),
        }
    }

    async fn answer(&mut self, frame: Frame) -> Result<Flow, Closing> {
        self.stomp.shared.metrics.stomp_frame(frame.command.name());
        let receipt = frame.header("receipt").map(str::to_owned);
        let done = match self.session.take(&frame) {
            Ok(request) => self.fulfil(request, receipt.as_deref()).await,
            Err(refusal) => Err(refusal),
        };
        done.map_err(|refusal| Closing::refused(refusal, receipt.as_deref()))
    }

    /// Does what the client asks for, and tells it.
    async fn fulfil(&mut self, request: Request, receipt: Option<&str>) -> Result<Flow, Refusal> {
        let told = match request {
            Request::Connect { login, passcode } => {
                self.origin = self.stomp.caller(login.as_deref(), passcode.as_ref())?;
                self.connected().await
            }
            Request::Send {
                destination,
                content,
            } => {
                self.queues().put(&destination, &content).await?;
                self.tell(receipt).await
            }
            Request::Subscribe(wish) => {
                let first = self.queues().get(&wish, WINDOW, 0).await?;
                let told = self.tell(receipt).await;
                self.subscribe(wish, first);
                told
            }
            Request::Unsubscribe(id) => {
                if let Some(mut subscription) = self.subscriptions.remove(&id) {
                    subscription.shutdown().await;
                }
                self.tell(receipt).await
            }
            Request::Settle {
                receipt: message,
                settlement,
            } => {
                self.settle(&message, settlement).await?;
                self.tell(receipt).await
            }
            Request::Disconnect => {
                // What has been told so is all that the client waits for.
                let _ = self.tell(receipt).await;
                return Ok(Flow::Ended);
            }
        };
        Ok(match told {
            Ok(()) => Flow::Open,
            Err(Closed) => Flow::Ended,
        })
    }

    fn queues(&self) -> Queues<'_> {
        Queues {
            shared: &self.stomp.shared,
            origin: &self.origin,
        }
    }

    /// Tells the client that it is connected.
    async fn connected(&mut self) -> Result<(), Closed> {
        let version = self.session.version().unwrap_or(Version::V1_0);
        let Limits {
            header_bytes,
            body_bytes,
            ..
        } = self.stomp.shared.options.limits;
        let limits = FrameLimits {
            head_bytes: header_bytes,
            body_bytes: body_bytes.min(MOST_BODY_BYTES),
        };
        self.decoder.agree(version, limits);
        self.outgoing.version = version;
        let mut frame = Frame::new(Command::Connected)
            .with("version", version.name())
            .with("session", Uuid::new_v4().to_string())
            .with("server", concat!("ocelot/", env!("CARGO_PKG_VERSION")));
        if version >= Version::V1_1 {
            // No heart-beats, either way: the system's own keep-alive tells whether the other side is there.
            frame = frame.with("heart-beat", "0,0");
        }
        self.outgoing.send(&frame).await
    }

    /// Tells the client that what it asked for is done, where it wants to know.
    async fn tell(&self, receipt: Option<&str>) -> Result<(), Closed> {
        match receipt {
            None => Ok(()),
            Some(receipt) => {
                let frame = Frame::new(Command::Receipt).with("receipt-id", receipt);
                self.outgoing.send(&frame).await
            }
        }
    }

    /// Begins a subscription with the messages that there are.
    fn subscribe(&mut self, wish: Wish, first: Vec<Received>) {
        let id = wish.id.clone();
        let subscription = Subscription {
            stomp: Arc::clone(&self.stomp),
            origin: self.origin.clone(),
            reader: Reader::new(wish),
            deliveries: Arc::clone(&self.deliveries),
            outgoing: self.outgoing.clone(),
        };
        let refuse = self.refuse.clone();
        let mut task = JoinSet::new();
        task.spawn(async move {
            if let Err(Ending::Refused(refusal)) = subscription.run(first).await {
                // One reason is enough to end the connection.
                let _ = refuse.try_send(refusal);
            }
        });
        self.subscriptions.insert(id, task);
    }

    /// Settles a message of this connection, which its receipt names.
    async fn settle(&self, message: &str, settlement: Settlement) -> Result<(), Refusal> {
        let Some(reader) = self.deliveries.take(message) else {
            return Err(Refusal::UnknownMessage {
                command: match settlement {
                    Settlement::Delete => Command::Ack,
                    Settlement::Release => Command::Nack,
                },
                message: message.chars().take(80).collect(),
                header: settled_by(self.outgoing.version),
            });
        };
        let queue_id = &reader.wish.destination.queue_id;
        Ok(self.queues().settle(queue_id, message, settlement).await?)
    }

    /// Ends what goes on, says the last word where there is one, and returns what the client may still send on.
    async fn finish(mut self, ended: &Result<Flow, Closing>) -> ReadHalf<S> {
        for subscription in self.subscriptions.values_mut() {
            subscription.shutdown().await;
        }
        if let Err(Closing::Refused { refusal, receipt }) = ended {
            // Whether the client takes it is its own affair.
            let _ = self.outgoing.send(&refusal.frame(receipt.as_deref())).await;
        }
        self.reader
    }
}
