//! Who a client is: `login` and `passcode` of CONNECT.
//!
//! The login is `tenancy/user` or `tenancy/domain/user`, and the passcode the base64 of an auth token
//! (behaviour.md 2.7). Where nobody is asked who they are, any login will do, or none.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::{ExposeSecret, SecretString};

use super::Stomp;
use crate::call::Origin;
use crate::server::auth::{Auth, Login, LoginError, check_token};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a login is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoginRefusal {
    #[error(
        "CONNECT must have the headers login and passcode: tenancy/user or tenancy/domain/user, and the base64 of \
         an auth token, which ocelot local token create makes"
    )]
    Missing,
    #[error("the login must be tenancy/user or tenancy/domain/user")]
    Form,
    #[error("the passcode must be the base64 of an auth token, and it is not base64")]
    Encoding,
    #[error(
        "the login or the passcode is wrong: the passcode is the base64 of an auth token, not the token itself"
    )]
    Wrong,
    #[error("{0}")]
    Engine(LoginError),
}

impl Stomp {
    /// Who makes the calls of a connection.
    pub(super) fn caller(
        &self,
        login: Option<&str>,
        passcode: Option<&SecretString>,
    ) -> Result<Origin, LoginRefusal> {
        if self.shared.options.auth == Auth::None {
            return Ok(Origin::default());
        }
        let (Some(login), Some(passcode)) = (login, passcode) else {
            return Err(LoginRefusal::Missing);
        };
        let login = Login::parse(login).map_err(|_| LoginRefusal::Form)?;
        if login.pool_id.is_some() {
            return Err(LoginRefusal::Form);
        }
        let token = BASE64.decode(passcode.expose_secret());
        let token = token.map_err(|_| LoginRefusal::Encoding)?;
        let caller =
            check_token(&self.shared.engine, &login, &token).map_err(|error| match error {
                LoginError::Form => LoginRefusal::Form,
                LoginError::Refused => LoginRefusal::Wrong,
                LoginError::Engine(_) => LoginRefusal::Engine(error),
            })?;
        Ok(Origin {
            tenancy_id: caller.tenancy_id,
            user_id: Some(caller.user_id),
            ..Origin::default()
        })
    }
}
