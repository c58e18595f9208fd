//! TLS: certificates that are given, or made by an authority of the data folder's own.
//!
//! ```text
//! tls/ca.pem       the authority's certificate, for clients to trust
//! tls/ca-key.pem   its key
//! ```
//!
//! The authority lasts; the server's own certificate is made at each start, for the names it has then, and its
//! key is nowhere but in memory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::record::write_whole;

/// How long the authority's certificate is good for.
const CA_YEARS: i16 = 10;

/// How long the server's own is: longer ones are not taken by all clients.
const SERVER_DAYS: i32 = 397;

/// Where the server's certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// There is none: plain HTTP, and Kafka and STOMP without TLS.
    Off,
    /// From an authority in the data folder.
    Auto,
    /// From files in PEM.
    Files {
        /// The certificate, and those between it and its authority's.
        certificates: PathBuf,
        /// Its key.
        key: PathBuf,
    },
}

/// Why the server cannot have TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("cannot use {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path} holds no {what} in PEM that can be used: {reason}")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// Why it does not.
        reason: String,
    },
    /// There is no folder to keep the authority in.
    #[error(
        "--tls auto keeps its certificate authority in the data folder, and with --memory there is none: give \
         --tls-cert and --tls-key"
    )]
    NoFolder,
    /// A certificate could not be made.
    #[error("cannot make a certificate for {names}: {reason}")]
    Make {
        /// The names and addresses it was to be for.
        names: String,
        /// Why not.
        reason: String,
    },
    /// The certificate and the key do not go together.
    #[error("the certificate cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// TLS, ready to be spoken.
pub(super) struct Secured {
    /// Speaks it with a client: of HTTP, which may choose a version, or of Kafka or STOMP, which have none to choose.
    pub(super) acceptor: TlsAcceptor,
    /// The authority to trust, where it is the data folder's own.
    pub(super) ca: Option<PathBuf>,
}

/// Gets certificates ready. `names` are the hosts that clients may reach the server by.
pub(super) fn secure(
    tls: &Tls,
    folder: Option<&Path>,
    names: Vec<String>,
) -> Result<Option<Secured>, TlsError> {
    let (chain, key, ca) = match tls {
        Tls::Off => return Ok(None),
        Tls::Files { certificates, key } => (read_chain(certificates)?, read_key(key)?, None),
        Tls::Auto => {
            let folder = folder.ok_or(TlsError::NoFolder)?.join("tls");
            let authority = Authority::of_folder(&folder)?;
            let (certificate, key) = authority.certificate_for(names)?;
            (vec![certificate], key, Some(authority.certificate_file))
        }
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(Secured {
        acceptor: TlsAcceptor::from(Arc::new(config)),
        ca,
    }))
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = read(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) => Err(pem_error(path, "certificate", "there is none in it")),
        Err(error) => Err(pem_error(path, "certificate", &error.to_string())),
    }
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(&read(path)?)
        .map_err(|error| pem_error(path, "private key", &error.to_string()))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(file_error(path))
}

/// The certificate authority of a data folder.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate_file: PathBuf,
}

impl Authority {
    /// The authority that is kept in a folder, made when there is none.
    fn of_folder(folder: &Path) -> Result<Self, TlsError> {
        let certificate_file = folder.join("ca.pem");
        let key_file = folder.join("ca-key.pem");
        let params = authority_params();
        let key = match certificate_file.exists() && key_file.exists() {
            true => {
                let pem = fs::read_to_string(&key_file).map_err(file_error(&key_file))?;
                KeyPair::from_pem(&pem)
                    .map_err(|error| pem_error(&key_file, "private key", &error.to_string()))?
            }
            false => {
                let key = KeyPair::generate().map_err(make_error(AUTHORITY_NAME))?;
                let certificate = params.self_signed(&key);
                let certificate = certificate.map_err(make_error(AUTHORITY_NAME))?;
                fs::create_dir_all(folder).map_err(file_error(folder))?;
                write_whole(&key_file, key.serialize_pem().as_bytes())
                    .map_err(file_error(&key_file))?;
                write_whole(&certificate_file, certificate.pem().as_bytes())
                    .map_err(file_error(&certificate_file))?;
                key
            }
        };
        Ok(Self {
            // Name and key are all that issuing takes of the authority's certificate.
            issuer: Issuer::new(params, key),
            certificate_file,
        })
    }

    /// A certificate for these hosts, and its key.
    fn certificate_for(
        &self,
        names: Vec<String>,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), TlsError> {
        let shown = names.join(", ");
        let mut params = CertificateParams::new(names).map_err(make_error(&shown))?;
        set_validity(&mut params, SERVER_DAYS.days());
        params.distinguished_name.push(DnType::CommonName, "ocelot");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(make_error(&shown))?;
        let certificate = params.signed_by(&key, &self.issuer);
        let certificate = certificate.map_err(make_error(&shown))?;
        let key = PrivateKeyDer::try_from(key.serialize_der());
        let key = key.map_err(|reason| TlsError::Make {
            names: shown.clone(),
            reason: reason.to_owned(),
        })?;
        Ok((certificate.der().clone(), key))
    }
}

const AUTHORITY_NAME: &str = "ocelot local authority";

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    set_validity(&mut params, CA_YEARS.years());
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, AUTHORITY_NAME);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// From yesterday, for those whose clock is behind, until this long from now.
fn set_validity(params: &mut CertificateParams, length: Span) {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let day = |date: Date| {
        let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
        rcgen::date_time_ymd(i32::from(date.year()), month, day)
    };
    params.not_before = day(today.saturating_sub(1.day()));
    params.not_after = day(today.saturating_add(length));
}

fn file_error(path: &Path) -> impl FnOnce(io::Error) -> TlsError {
    let path = path.to_owned();
    move |source| TlsError::File { path, source }
}

fn pem_error(path: &Path, what: &'static str, reason: &str) -> TlsError {
    TlsError::Pem {
        path: path.to_owned(),
        what,
        reason: reason.to_owned(),
    }
}

fn make_error(names: &str) -> impl FnOnce(rcgen::Error) -> TlsError {
    let names = names.to_owned();
    move |error| TlsError::Make {
        names,
        reason: error.to_string(),
    }
}
