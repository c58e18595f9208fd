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
use super::scram::{ScramHash, ScramServer};

/// Knows the users.
pub(super) trait Authenticator: Send + Sync {
    /// The account of a user. One that does not exist is answered with an account that has no token.
    fn account(&self, tenancy: &str, user: &str) -> Result<Box<dyn Account>, String>;
}

/// Checks one user's tokens.
pub(super) trait Account: Send {
    /// Whether this is one of the user's tokens.
    fn has_token(&self, token: &[u8]) -> bool;
    /// The salt of the user's tokens.
    fn salt(&self) -> &[u8];
    /// How often the user's tokens are hashed.
    fn iterations(&self) -> u32;
    /// The server's signature of the messages exchanged (`AuthMessage` of RFC 5802, 3), if the proof shows
    /// that the client knows one of the user's tokens.
    fn check_proof(&self, hash: ScramHash, proof: &[u8], messages: &[u8]) -> Option<Vec<u8>>;
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
    Challenged {
        scram: Box<ScramServer>,
        pool_id: Arc<str>,
    },
    Done {
        pool_id: Arc<str>,
    },
}

impl Login {
    /// The pool that the client chose, once it has shown who it is.
    pub(super) fn pool_id(&self) -> Option<&Arc<str>> {
        match &self.progress {
            Progress::Done { pool_id } => Some(pool_id),
            _ => None,
        }
    }
}

/// A user name, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct UserName<'n> {
    tenancy: &'n str,
    /// The user, with the identity domain where the name has one.
    user: &'n str,
    pool: &'n str,
}

impl<'n> UserName<'n> {
    fn parse(name: &'n str) -> Option<Self> {
        let (tenancy, rest) = name.split_once('/')?;
        let (user, pool) = rest.rsplit_once('/')?;
        let all_given = [tenancy, user, pool].iter().all(|part| !part.is_empty());
        all_given.then_some(Self {
            tenancy,
            user,
            pool,
        })
    }
}

impl Kafka {
    /// The names of the mechanisms that are offered.
    pub(super) fn mechanisms(&self) -> impl Iterator<Item = &'static str> {
        // Without known passwords there is nothing to prove.
        let offered = match self.authenticator {
            Some(_) => Mechanism::ALL.len(),
            None => 1,
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
                let pool_id = self.check_plain(token)?;
                (Vec::new(), Progress::Done { pool_id })
            }
            Progress::Chosen(Mechanism::Scram(hash)) => self.begin_scram(hash, token)?,
            Progress::Challenged { scram, pool_id } => {
                let reply = scram.finish(token).map_err(failed)?;
                (reply, Progress::Done { pool_id })
            }
            Progress::Nothing | Progress::Done { .. } => {
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
                Progress::Chosen(_) | Progress::Challenged { .. }
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

    fn check_plain(&self, token: &[u8]) -> Result<Arc<str>, Refusal> {
        let text = std::str::from_utf8(token).map_err(|_| failed("the token is not UTF-8"))?;
        let parts: Vec<&str> = text.split('\0').collect();
        let [acting_as, name, password] = parts.as_slice() else {
            return Err(failed("a PLAIN token has three parts"));
        };
        if !acting_as.is_empty() && acting_as != name {
            return Err(failed("nobody may act for another user"));
        }
        let user = self.user_name(name)?;
        if let Some(authenticator) = &self.authenticator {
            let account = authenticator.account(user.tenancy, user.user);
            let known = account.map_err(failed)?.has_token(password.as_bytes());
            if !known {
                return Err(failed(format_args!(
                    "the user {}/{} does not exist or has no such auth token",
                    user.tenancy, user.user
                )));
            }
        }
        self.pool_of(&user)
    }

    fn begin_scram(&self, hash: ScramHash, token: &[u8]) -> Result<(Vec<u8>, Progress), Refusal> {
        let Some(authenticator) = &self.authenticator else {
            return Err(failed("there are no passwords to prove"));
        };
        let first = ScramServer::read_first(token).map_err(failed)?;
        let user = self.user_name(&first.user)?;
        let account = authenticator
            .account(user.tenancy, user.user)
            .map_err(failed)?;
        let pool_id = self.pool_of(&user)?;
        let (scram, reply) = ScramServer::challenge(&first, hash, account).map_err(failed)?;
        let scram = Box::new(scram);
        Ok((reply, Progress::Challenged { scram, pool_id }))
    }

    fn user_name<'n>(&self, name: &'n str) -> Result<UserName<'n>, Refusal> {
        UserName::parse(name).ok_or_else(|| {
            failed(format_args!(
                "the user name must be tenancy/user/streampool-ocid or \
                 tenancy/domain/user/streampool-ocid, not {name}"
            ))
        })
    }

    fn pool_of(&self, user: &UserName<'_>) -> Result<Arc<str>, Refusal> {
        let pool = self.shared.engine.topics().pool(user.pool);
        match pool.map_err(|error| failed(error.message))? {
            Some(pool) => Ok(Arc::from(pool.id.as_str())),
            None => Err(failed(format_args!(
                "there is no stream pool {}: the last part of the user name is the OCID of one",
                user.pool
            ))),
        }
    }
}

fn failed(reason: impl std::fmt::Display) -> Refusal {
    Refusal::new(ResponseError::SaslAuthenticationFailed, reason)
}

#[cfg(test)]
mod tests {
    use super::UserName;

    #[test]
    fn user_names_are_taken_apart() {
        let parsed = |name| UserName::parse(name).map(|name| (name.tenancy, name.user, name.pool));
        assert_eq!(parsed("acme/ann/ocid1.p"), Some(("acme", "ann", "ocid1.p")));
        assert_eq!(
            parsed("acme/oracleidentitycloudservice/foo@example.com/ocid1.p"),
            Some((
                "acme",
                "oracleidentitycloudservice/foo@example.com",
                "ocid1.p"
            ))
        );
        for wrong in [
            "",
            "ann",
            "acme/ann",
            "acme//ocid1.p",
            "/ann/ocid1.p",
            "acme/ann/",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
