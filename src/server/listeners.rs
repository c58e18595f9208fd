//! The addresses that the server listens on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use tokio::net::TcpListener;

use super::auth::{check_bind, check_plain};
use super::options::ServeOptions;
use super::tls::Tls;
use super::{Ready, ServeError};
use crate::engine::Home;

/// The sockets of all faces.
pub(super) struct Listeners {
    pub(super) http: TcpListener,
    pub(super) kafka: TcpListener,
    pub(super) stomp: TcpListener,
    /// Where commands of this machine are taken without TLS: they prove by the token who they are, and the
    /// certificates of the public face need not be for this machine's own name.
    pub(super) control: Option<TcpListener>,
}

impl Listeners {
    /// Binds all. An address that other machines reach is refused unless that is asked for.
    pub(super) async fn bind(options: &ServeOptions) -> Result<Self, ServeError> {
        let in_folder = matches!(options.home, Home::Folder(_));
        Ok(Self {
            http: bind("http", &options.http, options).await?,
            kafka: bind("kafka", &options.kafka, options).await?,
            stomp: bind_stomp(options).await?,
            control: match options.tls != Tls::Off && in_folder {
                true => Some(bind("control", "127.0.0.1:0", options).await?),
                false => None,
            },
        })
    }

    /// The hosts that a certificate is to be for.
    pub(super) fn names(&self, options: &ServeOptions) -> Result<Vec<String>, ServeError> {
        let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
        for (listener, given) in [
            (&self.http, &options.http),
            (&self.kafka, &options.kafka),
            (&self.stomp, &options.stomp),
        ] {
            let bound = address(listener)?.ip();
            if !bound.is_unspecified() {
                names.push(bound.to_string());
            }
            if let Some((host, _)) = given.rsplit_once(':') {
                names.push(host.trim_matches(['[', ']']).to_owned());
            }
        }
        names.extend(options.advertise.clone());
        names.retain(|name| {
            name.parse::<IpAddr>().is_ok_and(|ip| !ip.is_unspecified()) || is_name(name)
        });
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// What the server can be reached by.
    pub(super) fn ready(
        &self,
        tls: bool,
        ca: Option<PathBuf>,
        folder: Option<PathBuf>,
    ) -> Result<Ready, ServeError> {
        Ok(Ready {
            http: address(&self.http)?,
            kafka: address(&self.kafka)?,
            stomp: address(&self.stomp)?,
            tls,
            ca,
            folder,
        })
    }

    /// Where commands of this machine are taken, as a URL without a path.
    pub(super) fn control_url(&self, addresses: &Ready) -> Result<String, ServeError> {
        let control = self.control.as_ref().map(address).transpose()?;
        let control = control.unwrap_or_else(|| from_here(addresses.http));
        Ok(format!("http://{control}"))
    }
}

/// The address to use on this machine for one that is listened on.
pub(super) fn from_here(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Whether a text is a host's name rather than an address.
fn is_name(text: &str) -> bool {
    text.parse::<IpAddr>().is_err()
        && !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

async fn bind(
    face: &'static str,
    given: &str,
    options: &ServeOptions,
) -> Result<TcpListener, ServeError> {
    let bound = TcpListener::bind(given).await;
    let listener = bound.map_err(|source| ServeError::Bind {
        face,
        address: given.to_owned(),
        source,
    })?;
    check_bind(address(&listener)?, options.auth, options.insecure)?;
    Ok(listener)
}

/// STOMP's passcodes are as good as tokens, so that it has TLS wherever others can reach it.
async fn bind_stomp(options: &ServeOptions) -> Result<TcpListener, ServeError> {
    let listener = bind("stomp", &options.stomp, options).await?;
    if options.tls == Tls::Off {
        check_plain(address(&listener)?, options.insecure)?;
    }
    Ok(listener)
}

fn address(listener: &TcpListener) -> Result<SocketAddr, ServeError> {
    listener.local_addr().map_err(ServeError::Runtime)
}
