//! What federation needs of an instance's certificate: its body, its fingerprint and the tenancy it names.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::asn1::AnyRef;

/// How the subject of an instance's certificate names its tenancy.
const TENANT_MARKS: [&str; 2] = ["opc-tenant:", "opc-identity:"];

/// A certificate of an instance.
#[derive(Clone, Debug)]
pub(super) struct InstanceCertificate {
    /// Its DER in base64, without the lines around it.
    pub(super) body: String,
    /// SHA-1 of its DER, in upper-case hex with colons: the key id of the federation request.
    pub(super) fingerprint: String,
    /// The OCID of the tenancy that its subject names.
    pub(super) tenancy: String,
}

impl InstanceCertificate {
    /// Reads a certificate in PEM. What is wrong with it is told as the end of a sentence.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        let block = pem::parse(text).map_err(|_| "it is not a certificate in PEM")?;
        if block.tag() != "CERTIFICATE" {
            return Err("it is PEM, but not a certificate");
        }
        let der = block.contents();
        let certificate = Certificate::from_der(der).map_err(|_| "its certificate is malformed")?;
        let tenancy = tenancy(&certificate).ok_or("its certificate names no tenancy")?;
        let parts: Vec<String> = digest(&SHA1_FOR_LEGACY_USE_ONLY, der)
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        Ok(Self {
            body: BASE64_STANDARD.encode(der),
            fingerprint: parts.join(":"),
            tenancy,
        })
    }
}

fn tenancy(certificate: &Certificate) -> Option<String> {
    let subject = certificate.tbs_certificate().subject();
    let values = subject
        .iter()
        .map(|attribute| AnyRef::from(&attribute.value));
    values
        .filter_map(|value| std::str::from_utf8(value.value()).ok())
        .find_map(|text| TENANT_MARKS.iter().find_map(|mark| text.strip_prefix(mark)))
        .map(str::to_owned)
}

/// The bodies of all certificates in a text, one after the other, as the federation service takes them.
pub(super) fn bodies(text: &str) -> Result<String, &'static str> {
    let blocks = pem::parse_many(text).map_err(|_| "it is not a certificate in PEM")?;
    let bodies: String = blocks
        .iter()
        .filter(|block| block.tag() == "CERTIFICATE")
        .map(|block| BASE64_STANDARD.encode(block.contents()))
        .collect();
    match bodies.is_empty() {
        true => Err("it is not a certificate in PEM"),
        false => Ok(bodies),
    }
}
