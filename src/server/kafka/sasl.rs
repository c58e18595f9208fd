//! Who a client is: SASL with PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512.
//!
//! The user name is the service's, `tenancy/user/streampool-ocid` or `tenancy/domain/user/streampool-ocid`,
//! and the password an auth token (behaviour.md 1.11). The pool is the client's cluster from then on. Where
//! nobody checks passwords, PLAIN is taken with any; the name still picks the pool.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::error::ResponseError;

use super::Kafka;
use super::answer::Answer;
use super::connection::Connection;
use super::error::Refusal;
use super::registry::Closing;
use super::scram::{ClientFirst, ScramServer};
use crate::call::LOCAL_TENANCY;
use crate::engine::{ScramHash, TokenUser};
use crate::server::auth::{self, Auth, check_token, scram_user};

/// Who a client is, once it has shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// The OCID of the tenancy that the client is of.
    pub(super) tenancy_id: String,
    /// The OCID of the pool that is the client's cluster.
    pub(super) pool_id: Arc<str>,
}

/// How a client says who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mechanism {
    Plain,
    Scram(ScramHash),
}

impl Mechanism {
    const ALL: [(&'static str, Self); 3] = [
        ("PLAIN", Self::Plain),
        ("SCRAM-SHA-256", Self::Scram(ScramHash::Sha256)),
        ("SCRAM-SHA-512", Self::Scram(ScramHash::Sha512)),
    ];
}

/// How far a client has come with saying who it is.
#[derive(Default)]
pub(super) struct Login {
    progress: Progress,
    /// Whether tokens come without a request around them (SaslHandshake version 0).
    raw: bool,
}

#[derive(Default)]
enum Progress {
    #[default]
    Nothing,
    Chosen(Mechanism),
    Challenged(Box<Challenge>),
    Done,
}

/// A SCRAM exchange in which the client's proof is due.
struct Challenge {
    scram: ScramServer<TokenUser>,
    tenancy_id: String,
    pool_id: String,
}

impl Kafka {
    /// The names of the mechanisms that are offered.
    pub(super) fn mechanisms(&self) -> impl Iterator<Item = &'static str> {
        // Without known passwords there is nothing to prove.
        let offered = match self.shared.options.auth {
            Auth::Verify => Mechanism::ALL.len(),
            Auth::None => 1,
        };
        Mechanism::ALL
            .into_iter()
            .take(offered)
            .map(|(name, _)| name)
    }

    /// The client chooses a mechanism; `raw` tells that its tokens come without requests around them.
    pub(super) fn choose_mechanism(
        &self,
        connection: &Connection,
        name: &str,
        raw: bool,
    ) -> Result<(), Refusal> {
        let mut login = connection.login();
        if !matches!(login.progress, Progress::Nothing) {
            return Err(Refusal::new(
                ResponseError::IllegalSaslState,
                "the client has said who it is, or is about to",
            ));
        }
        let offered = self.mechanisms().any(|offered| offered == name);
        let mechanism = Mechanism::ALL.into_iter().find(|(known, _)| *known == name);
        match mechanism.filter(|_| offered) {
            Some((_, mechanism)) => {
                login.progress = Progress::Chosen(mechanism);
                login.raw = raw;
                Ok(())
            }
            None => Err(Refusal::new(
                ResponseError::UnsupportedSaslMechanism,
                format_args!("the mechanism {name} is not offered"),
            )),
        }
    }

    /// Takes one token of the client's, and returns the one to answer with.
    pub(super) fn take_token(
        &self,
        connection: &Connection,
        token: &[u8],
    ) -> Result<Vec<u8>, Refusal> {
        let mut login = connection.login();
        let (reply, progress) = match std::mem::take(&mut login.progress) {
            Progress::Chosen(Mechanism::Plain) => {
                connection.identify(self.check_plain(token)?);
                (Vec::new(), Progress::Done)
            }
            Progress::Chosen(Mechanism::Scram(hash)) => self.begin_scram(hash, token)?,
            Progress::Challenged(challenge) => {
                let reply = challenge.scram.finish(token).map_err(failed)?;
                connection.identify(self.identity(challenge.tenancy_id, &challenge.pool_id)?);
                (reply, Progress::Done)
            }
            Progress::Nothing | Progress::Done => {
                return Err(Refusal::new(
                    ResponseError::IllegalSaslState,
                    "a handshake comes first",
                ));
            }
        };
        login.progress = progress;
        Ok(reply)
    }

    /// Answers a frame that is a bare token, where the client sends those.
    pub(super) fn raw_token(
        &self,
        connection: &Connection,
        frame: &[u8],
    ) -> Option<Result<Answer, Closing>> {
        let expected = {
            let login = connection.login();
            let pending = matches!(
                login.progress,
                Progress::Chosen(_) | Progress::Challenged(_)
            );
            login.raw && pending
        };
        expected.then(|| {
            let reply = self
                .take_token(connection, frame)
                .map_err(|refusal| Closing::Refused(refusal.message))?;
            let mut buffer = BytesMut::with_capacity(4 + reply.len());
            buffer.put_u32(u32::try_from(reply.len()).unwrap_or_default());
            buffer.put_slice(&reply);
            Ok(Answer::new(Bytes::from(buffer).into()))
        })
    }

    fn check_plain(&self, token: &[u8]) -> Result<Identity, Refusal> {
        let text = std::str::from_utf8(token).map_err(|_| failed("the token is not UTF-8"))?;
        let parts: Vec<&str> = text.split('\0').collect();
        let [acting_as, name, password] = parts.as_slice() else {
            return Err(failed("a PLAIN token has three parts"));
        };
        if !acting_as.is_empty() && acting_as != name {
            return Err(failed("nobody may act for another user"));
        }
        let (user, pool_id) = read_name(name)?;
        let tenancy_id = match self.shared.options.auth {
            Auth::None => LOCAL_TENANCY.to_owned(),
            Auth::Verify => {
                let checked = check_token(&self.shared.engine, &user, password.as_bytes());
                checked.map_err(failed)?.tenancy_id
            }
        };
        self.identity(tenancy_id, &pool_id)
    }

    fn begin_scram(&self, hash: ScramHash, token: &[u8]) -> Result<(Vec<u8>, Progress), Refusal> {
        let first = ClientFirst::read(token).map_err(failed)?;
        let (user, pool_id) = read_name(&first.user)?;
        let account = scram_user(&self.shared.engine, &user).map_err(failed)?;
        let tenancy_id = account.tenancy_id.clone();
        let (scram, reply) = ScramServer::challenge(&first, hash, account).map_err(failed)?;
        let challenge = Challenge {
            scram,
            tenancy_id,
            pool_id,
        };
        Ok((reply, Progress::Challenged(Box::new(challenge))))
    }

    /// The identity of a client that has shown who it is, if there is the pool that it names.
    fn identity(&self, tenancy_id: String, pool_id: &str) -> Result<Identity, Refusal> {
        let pool = self.shared.engine.topics(&tenancy_id).pool(pool_id);
        match pool.map_err(|error| failed(error.message))? {
            Some(pool) => Ok(Identity {
                pool_id: Arc::from(pool.id.as_str()),
                tenancy_id,
            }),
            None => Err(failed(format_args!(
                "there is no stream pool {pool_id}: the last part of the user name is the OCID of one"
            ))),
        }
    }
}

/// The user that a name means, and the OCID of the pool at its end.
fn read_name(name: &str) -> Result<(auth::Login, String), Refusal> {
    let mut user = auth::Login::parse(name).map_err(failed)?;
    let pool_id = user.pool_id.take();
    let pool_id = pool_id.ok_or_else(|| {
        failed(format_args!(
            "the user name must end with the OCID of a stream pool, as tenancy/user/ocid1.streampool…, and {name} \
             does not"
        ))
    })?;
    Ok((user, pool_id))
}

fn failed(reason: impl std::fmt::Display) -> Refusal {
    Refusal::new(ResponseError::SaslAuthenticationFailed, reason)
}
