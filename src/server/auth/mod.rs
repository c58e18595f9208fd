//! Who may call the server: signatures on REST requests, and auth tokens for the protocols with passwords.
//!
//! Nothing here knows a transport. Keys and tokens are the engine's; what they allow is a [`Caller`], whose
//! tenancy bounds all that follows.

mod authorization;
mod bind;
mod login;
mod replay;
mod verifier;

pub use authorization::claimed_user;
pub use bind::{Auth, BindError, check_bind, check_plain};
pub use login::{Login, LoginError, check_token, scram_user};
pub use verifier::{SignedRequest, Verifier};

/// Who makes a call, as far as it was proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The tenancy's OCID.
    pub tenancy_id: String,
    /// The user: an OCID where a request was signed, a name where a token was shown.
    pub user_id: String,
}
