//! User names of the protocols with passwords, and the tokens that go with them.
//!
//! A user name is `tenancy/user` or `tenancy/domain/user`; Kafka clients add the OCID of a stream pool.
//! The tenancy is given by its name, as in the cloud, or by its OCID. A user of the domain `Default` is the
//! user without a domain.
//! <https://docs.oracle.com/iaas/Content/Streaming/Tasks/kafkacompatibility_topic-Configuration.htm>

use super::Caller;
use crate::engine::{Engine, EngineError, TokenUser, without_default_domain};

const POOL_PREFIX: &str = "ocid1.streampool.";

/// Why a login is refused.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The user name has not the form.
    #[error(
        "the user name must be tenancy/user/stream-pool-ocid or tenancy/domain/user/stream-pool-ocid, and it \
         has a part too few or an empty one"
    )]
    Form,
    /// No such user, or not their token. Which of the two is not told.
    #[error("the user name or the auth token is wrong: ocelot local token create makes one")]
    Refused,
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A user name in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The tenancy's name or OCID.
    pub tenancy: String,
    /// The user's name, after its domain and a slash if it has one.
    pub user_name: String,
    /// The OCID of the stream pool, where one is named.
    pub pool_id: Option<String>,
}

impl Login {
    /// Takes a user name apart. A last part that is the OCID of a stream pool is one.
    pub fn parse(text: &str) -> Result<Self, LoginError> {
        let (tenancy, rest) = text.split_once('/').ok_or(LoginError::Form)?;
        let (user_name, pool_id) = match rest.rsplit_once('/') {
            Some((user_name, last)) if last.starts_with(POOL_PREFIX) => (user_name, Some(last)),
            _ => (rest, None),
        };
        if tenancy.is_empty() || user_name.split('/').any(str::is_empty) {
            return Err(LoginError::Form);
        }
        Ok(Self {
            tenancy: tenancy.to_owned(),
            user_name: without_default_domain(user_name).to_owned(),
            pool_id: pool_id.map(str::to_owned),
        })
    }
}

/// The user of a login, for SCRAM: salt, iterations and the check of a client's proof.
///
/// There is one for each login, whether the user exists or not.
pub fn scram_user(engine: &Engine, login: &Login) -> Result<TokenUser, LoginError> {
    Ok(engine.token_user(&login.tenancy, &login.user_name)?)
}

/// Checks the token of a login, as SASL/PLAIN and STOMP bring it. It takes about a millisecond.
pub fn check_token(engine: &Engine, login: &Login, token: &[u8]) -> Result<Caller, LoginError> {
    let user = scram_user(engine, login)?;
    match user.has_token(token) {
        true => Ok(Caller::from(&user)),
        false => Err(LoginError::Refused),
    }
}

impl From<&TokenUser> for Caller {
    /// The caller that a user is, once a token or a proof was accepted.
    fn from(user: &TokenUser) -> Self {
        Self {
            tenancy_id: user.tenancy_id.clone(),
            user_id: user.user_name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(String, String, Option<String>)> {
        let login = Login::parse(text).ok()?;
        Some((login.tenancy, login.user_name, login.pool_id))
    }

    #[test]
    fn names_are_taken_apart() {
        const POOL: &str = "ocid1.streampool.oc1..a";
        for (text, tenancy, user_name, pool_id) in [
            (
                "shop/ann/ocid1.streampool.oc1..a",
                "shop",
                "ann",
                Some(POOL),
            ),
            (
                "shop/idcs/ann@example.com/ocid1.streampool.oc1..a",
                "shop",
                "idcs/ann@example.com",
                Some(POOL),
            ),
            (
                "shop/Default/ann/ocid1.streampool.oc1..a",
                "shop",
                "ann",
                Some(POOL),
            ),
            (
                "ocid1.tenancy.oc1..t/ann",
                "ocid1.tenancy.oc1..t",
                "ann",
                None,
            ),
            ("shop/idcs/ann", "shop", "idcs/ann", None),
        ] {
            let expected = (
                tenancy.to_owned(),
                user_name.to_owned(),
                pool_id.map(str::to_owned),
            );
            assert_eq!(parts(text), Some(expected), "{text}");
        }
        for text in ["", "ann", "/ann", "shop/", "shop//ann", "shop/ann/", "//"] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
