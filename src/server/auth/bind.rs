//! Where a server may listen: beyond this machine only when it knows its callers.

use std::net::SocketAddr;

/// How callers are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// They are not: whoever reaches the server may do everything.
    #[default]
    None,
    /// By registered keys and auth tokens.
    Verify,
}

/// An address that a server must not listen on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// Callers are not known, and they may come from other machines.
    #[error(
        "refused to listen on {0}: other machines could reach it, and without --auth verify anyone who does may \
         read and delete everything. Give --auth verify, or --insecure if that is what you want"
    )]
    Unknown(SocketAddr),
    /// Passcodes and messages may go over a network as they are.
    #[error(
        "refused to listen on {0} for STOMP without TLS: passcodes and messages could be read on their way. Give \
         --tls auto, or --tls-cert and --tls-key; or --insecure if that is what you want"
    )]
    Plain(SocketAddr),
}

/// Refuses an address that other machines can reach, unless callers are known or the user insists.
///
/// Asked with the address that a name resolved to: `localhost` may be anything.
pub fn check_bind(address: SocketAddr, auth: Auth, insecure: bool) -> Result<(), BindError> {
    match is_loopback(address) || auth == Auth::Verify || insecure {
        true => Ok(()),
        false => Err(BindError::Unknown(address)),
    }
}

/// Refuses an address that other machines can reach for a protocol that must have TLS and has none, unless the user
/// insists.
pub fn check_plain(address: SocketAddr, insecure: bool) -> Result<(), BindError> {
    match is_loopback(address) || insecure {
        true => Ok(()),
        false => Err(BindError::Plain(address)),
    }
}

fn is_loopback(address: SocketAddr) -> bool {
    // ::ffff:127.0.0.1 is loopback as well.
    address.ip().to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_goes_without_knowing_the_callers() {
        for (address, is_loopback) in [
            ("127.0.0.1:0", true),
            ("127.9.9.9:1", true),
            ("[::1]:80", true),
            ("[::ffff:127.0.0.1]:80", true),
            ("0.0.0.0:80", false),
            ("[::]:80", false),
            ("[::ffff:0.0.0.0]:80", false),
            ("192.168.1.5:80", false),
            ("[fe80::1]:80", false),
        ] {
            let address: SocketAddr = address.parse().unwrap();
            let unknown = check_bind(address, Auth::None, false);
            assert_eq!(unknown.is_ok(), is_loopback, "{address}");
            assert!(check_bind(address, Auth::Verify, false).is_ok());
            assert!(check_bind(address, Auth::None, true).is_ok());
            assert_eq!(
                check_plain(address, false).is_ok(),
                is_loopback,
                "{address}"
            );
            assert!(check_plain(address, true).is_ok());
        }
    }
}
