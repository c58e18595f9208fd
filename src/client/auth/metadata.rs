//! The metadata service, which tells an instance who and where it is.
//!
//! Version 2 at a link-local address; every request says `Authorization: Bearer Oracle`. `OCI_METADATA_BASE_URL`
//! names another, as for the official SDK.

use std::fmt;
use std::net::UdpSocket;
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;

use super::error::{AuthError, METADATA};
use super::exchange::{Answer, Exchange, Question};
use crate::api::operation::Method;
use crate::client::Request;

const IPV4: &str = "http://169.254.169.254/opc/v2";
const IPV6: &str = "http://[fd00:c1::a9fe:a9fe]/opc/v2";

/// A region, and the domain that its hosts end with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its full name, as `us-phoenix-1`.
    pub region: String,
    /// The domain of its realm, as `oraclecloud.com`.
    pub domain: String,
}

/// Finds a region by its full name or its short code; `None` where it is not known.
#[derive(Clone)]
pub struct RegionLookup(Arc<FindRegion>);

type FindRegion = dyn Fn(&str) -> Option<Place> + Send + Sync;

impl RegionLookup {
    /// Looks regions up with this function.
    pub fn new(find: impl Fn(&str) -> Option<Place> + Send + Sync + 'static) -> Self {
        Self(Arc::new(find))
    }

    /// The region's full name and domain.
    pub(super) fn find(&self, name: &str) -> Option<Place> {
        (self.0)(name)
    }
}

impl fmt::Debug for RegionLookup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RegionLookup")
    }
}

/// The domain of hosts in regions that nothing is known about.
const USUAL_DOMAIN: &str = "oraclecloud.com";

/// A client of the metadata service.
pub(super) struct Metadata {
    base_url: Option<String>,
    regions: RegionLookup,
    exchange: Arc<dyn Exchange>,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    base_url: Option<String>,
    place: Option<Place>,
}

impl Metadata {
    pub(super) fn new(
        base_url: Option<&str>,
        regions: RegionLookup,
        exchange: Arc<dyn Exchange>,
    ) -> Self {
        let base_url = base_url.map(str::trim).filter(|url| !url.is_empty());
        Self {
            base_url: base_url.map(|url| url.trim_end_matches('/').to_owned()),
            regions,
            exchange,
            found: Mutex::default(),
        }
    }

    pub(super) fn exchange(&self) -> &dyn Exchange {
        self.exchange.as_ref()
    }

    /// The instance's certificate, as PEM.
    pub(super) fn certificate(&self) -> Result<Answer, AuthError> {
        self.get("identity/cert.pem")
    }

    /// The private key of the certificate, as PEM.
    pub(super) fn key(&self) -> Result<SecretString, AuthError> {
        Ok(SecretString::from(self.get("identity/key.pem")?.text()?))
    }

    /// The certificates between the instance's and the root, as PEM.
    pub(super) fn intermediate(&self) -> Result<Answer, AuthError> {
        self.get("identity/intermediate.pem")
    }

    /// The OCID of the instance.
    pub(super) fn instance_id(&self) -> Result<String, AuthError> {
        Ok(self.get("instance/id")?.text()?.to_ascii_lowercase())
    }

    /// Where the instance is. A region that the table does not know is asked for in full.
    pub(super) fn place(&self) -> Result<Place, AuthError> {
        if let Some(place) = self.found(|found| found.place.clone()) {
            return Ok(place);
        }
        let name = self.get("instance/region")?.text()?.to_ascii_lowercase();
        let place = match self.regions.find(&name) {
            Some(place) => place,
            None => self.described().unwrap_or_else(|_| Place {
                region: name,
                domain: USUAL_DOMAIN.to_owned(),
            }),
        };
        self.found(|found| found.place = Some(place.clone()));
        Ok(place)
    }

    fn described(&self) -> Result<Place, AuthError> {
        let answer = self.get("instance/regionInfo")?;
        Ok(Place {
            region: answer.field("regionIdentifier")?,
            domain: answer.field("realmDomainComponent")?,
        })
    }

    fn get(&self, path: &str) -> Result<Answer, AuthError> {
        if let Some(base_url) = self.found(|found| found.base_url.clone()) {
            return self.get_from(&base_url, path);
        }
        let mut last = None;
        for base_url in self.candidates() {
            match self.get_from(&base_url, path) {
                Err(error @ AuthError::NoAnswer { .. }) => last = Some(error),
                result => {
                    self.found(|found| found.base_url = Some(base_url));
                    return result;
                }
            }
        }
        Err(last.unwrap_or_else(|| AuthError::MissingSetting {
            kind: "instance_principal",
            setting: "OCI_METADATA_BASE_URL".to_owned(),
        }))
    }

    /// Not insisting: on a machine elsewhere nobody listens, and the user should know soon.
    fn get_from(&self, base_url: &str, path: &str) -> Result<Answer, AuthError> {
        let question = Question {
            exchange: self.exchange(),
            service: METADATA,
            not_found_may_pass: true,
            insist: false,
        };
        question.ask(&|| {
            let mut request = Request::new(Method::Get, format!("{base_url}/{path}"));
            request.set_header("Authorization", "Bearer Oracle");
            Ok(request)
        })
    }

    /// The addresses to try: IPv6 only on a machine without a way to the IPv4 one.
    fn candidates(&self) -> Vec<String> {
        if let Some(url) = &self.base_url {
            return vec![url.clone()];
        }
        let routed = UdpSocket::bind("0.0.0.0:0")
            .and_then(|socket| socket.connect("169.254.169.254:80"))
            .is_ok();
        let urls: &[&str] = if routed { &[IPV4] } else { &[IPV6, IPV4] };
        urls.iter().map(|&url| url.to_owned()).collect()
    }

    fn found<T>(&self, look: impl FnOnce(&mut Found) -> T) -> T {
        look(&mut self.found.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Metadata")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}
