//! Servers with certificates of an authority of their own.

use std::io::{BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use crate::program::{GET, run, run_with};
use crate::server::read_request;

struct Secure {
    url: String,
    bundle: PathBuf,
    _folder: TempDir,
}

/// A server with TLS, whose certificate an authority signed that nobody knows.
fn secure() -> Secure {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("authority.pem");
    std::fs::write(&bundle, authority.pem()).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    Secure {
        url: serve(certificate.der().clone(), key),
        bundle,
        _folder: folder,
    }
}

fn serve(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> String {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "https://127.0.0.1:{}",
        listener.local_addr().unwrap().port()
    );
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            // A client that does not trust this server hangs up.
            if read_request(&mut BufReader::new(&mut stream)).is_ok() {
                let body = "{\"id\":\"s1\"}";
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"
                );
                let _ = stream.flush();
            }
        }
    });
    url
}

#[test]
fn a_bundle_makes_a_server_trusted() {
    let secure = secure();
    let bundle = secure.bundle.to_str().unwrap();
    let printed = run(&secure.url, GET, &["--cert-bundle", bundle]).succeeded();
    assert_eq!(printed["data"]["id"], "s1");
    for variable in ["OCI_CLI_CERT_BUNDLE", "REQUESTS_CA_BUNDLE"] {
        run_with(&secure.url, GET, &[], &[(variable, bundle)]).succeeded();
    }
}

#[test]
fn a_server_without_trust_is_told_with_a_cure() {
    let secure = secure();
    let run = run(&secure.url, GET, &[]);
    let (title, details) = run.failure();
    assert_eq!(title, "SSLException", "{run:#?}");
    let message = details["message"].as_str().unwrap();
    assert!(message.contains(&secure.url), "{message}");
    let tip = details["troubleshooting_tips"].as_str().unwrap();
    assert!(tip.contains("--cert-bundle"), "{tip}");
}

#[test]
fn a_bundle_that_is_none_is_told() {
    let secure = secure();
    let empty = secure.bundle.with_file_name("empty.pem");
    std::fs::write(&empty, "nothing\n").unwrap();
    for bundle in ["/no/such/bundle.pem", empty.to_str().unwrap()] {
        let run = run(&secure.url, GET, &["--cert-bundle", bundle]);
        assert_eq!((run.status, run.stdout.as_str()), (Some(1), ""), "{run:#?}");
        assert!(run.stderr.contains(bundle), "{run:#?}");
    }
}

#[test]
fn plain_http_at_a_secure_address_is_told() {
    let secure = secure();
    let plain = secure.url.replace("https:", "http:");
    let run = run(&plain, GET, &["--no-retry"]);
    assert_eq!(run.status, Some(1), "{run:#?}");
}
