//! The `Authorization` header of a signed request, taken apart.
//!
//! `Signature version="1",keyId="…",algorithm="rsa-sha256",headers="date (request-target) host",signature="…"`:
//! draft-cavage-http-signatures-08, 4.1, with the version that Oracle adds. Order is free.

use std::collections::HashSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::engine::KeyId;

/// More headers than any client signs, so that what a stranger sends costs little.
const MOST_HEADERS: usize = 64;

/// A signature, and what it says that it is of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization {
    /// The key that it was made with.
    pub key_id: KeyId,
    /// The names of what was signed, in lower case and in their order.
    pub headers: Vec<String>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// The parameters as they stand.
#[derive(Default)]
struct Parameters {
    version: Option<String>,
    key_id: Option<String>,
    algorithm: Option<String>,
    headers: Option<String>,
    signature: Option<String>,
}

/// The user that a request's `Authorization` header names, true or not.
pub fn claimed_user(authorization: &str) -> Option<String> {
    let claimed = Authorization::parse(authorization).ok()?;
    Some(claimed.key_id.user_id)
}

impl Authorization {
    /// Takes a header's value apart, or says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (scheme, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
        if !scheme.eq_ignore_ascii_case("signature") {
            return Err("the Authorization header must begin with Signature".to_owned());
        }
        let parameters = Parameters::parse(rest)?;
        let needed = |value: Option<String>, name: &str| {
            value.ok_or_else(|| format!("the Authorization header has no {name}"))
        };
        let version = needed(parameters.version, "version")?;
        if version != "1" {
            return Err("the signature's version must be 1".to_owned());
        }
        let algorithm = needed(parameters.algorithm, "algorithm")?;
        if !algorithm.eq_ignore_ascii_case("rsa-sha256") {
            return Err("the signature's algorithm must be rsa-sha256".to_owned());
        }
        let signature = needed(parameters.signature, "signature")?;
        Ok(Self {
            key_id: key_id(&needed(parameters.key_id, "keyId")?)?,
            headers: header_names(&needed(parameters.headers, "headers")?)?,
            signature: BASE64_STANDARD
                .decode(signature)
                .map_err(|_| "the signature is not base64".to_owned())?,
        })
    }
}

impl Parameters {
    /// Reads `name="value"` pairs with commas between them. Others than those that matter are let pass.
    fn parse(text: &str) -> Result<Self, String> {
        let mut parameters = Self::default();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (name, value, behind) = pair(rest)?;
            let known = match name.to_ascii_lowercase().as_str() {
                "version" => Some(&mut parameters.version),
                "keyid" => Some(&mut parameters.key_id),
                "algorithm" => Some(&mut parameters.algorithm),
                "headers" => Some(&mut parameters.headers),
                "signature" => Some(&mut parameters.signature),
                _ => None,
            };
            if let Some(slot) = known
                && slot.replace(value).is_some()
            {
                return Err(format!("the Authorization header has {name} twice"));
            }
            rest = match behind.strip_prefix(',') {
                Some(next) => next.trim_start(),
                None if behind.is_empty() => behind,
                None => return Err(malformed()),
            };
        }
        Ok(parameters)
    }
}

/// The first `name="value"` or `name=token`, and what stands behind it.
fn pair(text: &str) -> Result<(&str, String, &str), String> {
    let (name, rest) = text.split_once('=').ok_or_else(malformed)?;
    let (name, rest) = (name.trim_end(), rest.trim_start());
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(malformed());
    }
    let (value, behind) = match rest.strip_prefix('"') {
        Some(quoted) => unquote(quoted)?,
        None => {
            let end = rest.find(',').unwrap_or(rest.len());
            let (token, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
            (token.trim_end().to_owned(), behind)
        }
    };
    Ok((name, value, behind.trim_start()))
}

/// A quoted string (RFC 9110, 5.6.4) whose first quote is behind us, and what stands behind the last.
fn unquote(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return Ok((value, characters.as_str())),
            '\\' => value.push(characters.next().ok_or_else(malformed)?),
            other => value.push(other),
        }
    }
    Err("a quote in the Authorization header has no end".to_owned())
}

fn malformed() -> String {
    "the Authorization header is malformed: it must be Signature and name=\"value\" pairs with commas \
     between them"
        .to_owned()
}

fn key_id(text: &str) -> Result<KeyId, String> {
    if text.starts_with("ST$") {
        return Err(
            "security tokens (keyId ST$…) are not taken here: sign with an API key (--auth api_key)"
                .to_owned(),
        );
    }
    let mut parts = text.split('/');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(tenancy), Some(user), Some(fingerprint), None)
            if ![tenancy, user, fingerprint].contains(&"") =>
        {
            Ok(KeyId {
                tenancy_id: tenancy.to_owned(),
                user_id: user.to_owned(),
                fingerprint: fingerprint.to_ascii_lowercase(),
            })
        }
        _ => Err("the keyId must be tenancy/user/fingerprint".to_owned()),
    }
}

/// The names of the headers signed: at least one, none twice.
fn header_names(text: &str) -> Result<Vec<String>, String> {
    let names: Vec<String> = text
        .split_ascii_whitespace()
        .take(MOST_HEADERS + 1)
        .map(str::to_ascii_lowercase)
        .collect();
    if names.len() > MOST_HEADERS {
        return Err(format!("more than {MOST_HEADERS} headers are signed"));
    }
    let different: HashSet<&String> = names.iter().collect();
    match different.len() == names.len() {
        true => Ok(names),
        false => Err("the list of signed headers names one twice".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const USUAL: &str = r#"Signature algorithm="rsa-sha256",headers="date (request-target) host",keyId="t/u/AA:bb",signature="YQ==",version="1""#;

    #[test]
    fn order_case_and_blanks_are_free() {
        let expected = Authorization::parse(USUAL).unwrap();
        assert_eq!(expected.headers, ["date", "(request-target)", "host"]);
        assert_eq!(expected.key_id.fingerprint, "aa:bb");
        assert_eq!(expected.signature, b"a");
        for same in [
            r#"signature version="1" , signature="YQ==",keyid="t/u/aa:bb",  headers="Date (Request-Target)  HOST", algorithm="RSA-SHA256""#,
            r#"  Signature version=1,signature="YQ==",keyId="t/\u/aa:bb",headers="date (request-target) host",algorithm=rsa-sha256,opaque="a,b=c\"","#,
        ] {
            assert_eq!(Authorization::parse(same).as_ref(), Ok(&expected), "{same}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (from, to, reason) in [
            ("Signature ", "Bearer ", "begin with Signature"),
            ("version=\"1\"", "version=\"2\"", "version must be 1"),
            (",version=\"1\"", "", "no version"),
            ("rsa-sha256", "hmac-sha256", "algorithm must be rsa-sha256"),
            ("algorithm=", "algorithms=", "no algorithm"),
            ("YQ==", "YQ", "not base64"),
            ("version=\"1\"", "version=\"1", "no end"),
            ("t/u/AA:bb", "t/u", "tenancy/user/fingerprint"),
            ("t/u/AA:bb", "t//AA:bb", "tenancy/user/fingerprint"),
            ("t/u/AA:bb", "t/u/AA:bb/x", "tenancy/user/fingerprint"),
            ("t/u/AA:bb", "ST$eyJ", "security tokens"),
            ("date (", "date date (", "names one twice"),
            (
                "version=\"1\"",
                "version=\"1\",version=\"1\"",
                "version twice",
            ),
            ("\",keyId", "\" keyId", "malformed"),
            ("version=\"1\"", "version", "malformed"),
            ("version=\"1\"", "=\"1\"", "malformed"),
        ] {
            let wrong = USUAL.replacen(from, to, 1);
            assert_ne!(wrong, USUAL);
            let error = Authorization::parse(&wrong).unwrap_err();
            assert!(error.contains(reason), "{wrong}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in ".{0,200}", noise in "[ ,=\"\\\\a-zA-Z0-9$/()]{0,80}") {
            let _ = Authorization::parse(&text);
            let _ = Authorization::parse(&format!("Signature {noise}"));
            let _ = Authorization::parse(&format!("{USUAL}{noise}"));
        }

        #[test]
        fn what_was_put_in_comes_out(
            values in prop::collection::vec("[ -~]{0,20}", 1..5),
        ) {
            let quoted = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
            let pairs: Vec<String> = values.iter().enumerate()
                .map(|(nth, value)| format!("x{nth}=\"{}\"", quoted(value)))
                .collect();
            let text = pairs.join(", ");
            let mut rest = text.as_str();
            for value in &values {
                let (_, found, behind) = pair(rest).unwrap();
                prop_assert_eq!(&found, value);
                rest = behind.trim_start_matches([',', ' ']);
            }
        }
    }
}
