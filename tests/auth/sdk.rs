//! What the official SDK signs is accepted; the same, changed in any place, is not.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ocelot::client::signing::PrivateKey;
use ocelot::server::auth::Verifier;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::support::{Received, TENANCY, USER, data, engine, key_file, reason, register};

/// A case of `tests/signing/record.py`, with what the SDK made of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Case {
    name: String,
    key: String,
    #[serde(default)]
    passphrase: Option<String>,
    key_id: String,
    headers_signed: String,
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
    now_ms: i64,
    #[serde(default)]
    signed: BTreeMap<String, String>,
}

impl Case {
    fn key(&self) -> PrivateKey {
        let passphrase = self.passphrase.clone().map(SecretString::from);
        PrivateKey::from_file(&key_file(&self.key), passphrase.as_ref()).unwrap()
    }

    fn received(&self) -> Received {
        let body = self
            .body
            .as_ref()
            .map(|body| BASE64_STANDARD.decode(body).unwrap());
        let body = body.unwrap_or_default();
        let mut received = Received::new(&self.method, &self.url, &self.signed, &body);
        // The recorded id names the fingerprint of one key, whichever key signs.
        if self
            .key_id
            .starts_with("ocid1.tenancy.oc1..test/ocid1.user")
        {
            let key_id = format!("{TENANCY}/{USER}/{}", self.key().fingerprint());
            received.edit(&self.key_id, &key_id);
        }
        received
    }

    /// Why a service does not take it, if it does not.
    fn refused_for(&self) -> Option<&'static str> {
        match self.name.as_str() {
            "a session token" => Some("Security tokens"),
            "federation" => Some("signature leaves out"),
            "post with a hash of its own" => Some("not the one that was signed"),
            "delete with a body, which is not signed" => Some("body is not signed"),
            _ => None,
        }
    }
}

fn recorded() -> Vec<Case> {
    serde_json::from_str(&std::fs::read_to_string(data("vectors.json")).unwrap()).unwrap()
}

/// Shows a case to a server that knows its key, under the id that the case has.
fn check(case: &Case) {
    let engine = engine();
    register(&engine, &case.key());
    let verified = case
        .received()
        .shown_to(&Verifier::new(), &engine, date_ms(case));
    match case.refused_for() {
        Some(part) => {
            let reason = reason(verified);
            assert!(reason.contains(part), "{}: {reason}", case.name);
        }
        None => {
            let caller = verified.unwrap_or_else(|error| panic!("{}: {error}", case.name));
            assert_eq!((&*caller.tenancy_id, &*caller.user_id), (TENANCY, USER));
        }
    }
}

/// The time that a case says it is signed at: some have a date of their own.
fn date_ms(case: &Case) -> i64 {
    let date = &case.signed["date"];
    let parser = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    parser.parse_timestamp(date).unwrap().as_millisecond()
}

#[test]
fn what_the_sdk_signed_is_accepted() {
    let cases = recorded();
    assert!(cases.len() >= 40, "{} cases", cases.len());
    cases.iter().for_each(check);
}

/// The same with the SDK itself, where `OCELOT_PYTHON` names a Python that has it.
#[test]
fn what_the_sdk_at_hand_signs_is_accepted() {
    let Some(python) = std::env::var_os("OCELOT_PYTHON") else {
        eprintln!("OCELOT_PYTHON is not set: only recorded signatures are checked");
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/signing/record.py");
    let mut child = Command::new(python)
        .args([script, "--stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let cases = serde_json::to_vec(&recorded()).unwrap();
    child.stdin.take().unwrap().write_all(&cases).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let signed: Vec<Case> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(signed.len(), recorded().len());
    signed.iter().for_each(check);
}

#[test]
fn any_change_of_what_is_signed_is_refused() {
    let cases = recorded();
    let case = cases.iter().find(|case| case.name == "post").unwrap();
    let engine = engine();
    register(&engine, &case.key());
    let verifier = Verifier::new();
    let refused = |change: &dyn Fn(&mut Received), part: &str| {
        let mut received = case.received();
        change(&mut received);
        let reason = reason(received.shown_to(&verifier, &engine, case.now_ms));
        assert!(reason.contains(part), "{part}: {reason}");
    };
    let not_of_this = "not that of this request";
    refused(&|r| r.method = "PUT".parse().unwrap(), not_of_this);
    refused(
        &|r| r.uri = "/20180418/streampools".parse().unwrap(),
        not_of_this,
    );
    refused(
        &|r| r.uri = "/20180418/streams?limit=1".parse().unwrap(),
        not_of_this,
    );
    refused(&|r| r.set("host", "elsewhere.example.com"), not_of_this);
    refused(
        &|r| r.set("date", "Sun, 05 Jan 2014 21:31:41 GMT"),
        not_of_this,
    );
    refused(&|r| r.set("content-type", "text/plain"), not_of_this);
    refused(&|r| r.set("content-length", "28"), not_of_this);
    let empty_hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    refused(&|r| r.set("x-content-sha256", empty_hash), not_of_this);
    refused(
        &|r| r.edit("date (request-target)", "(request-target) date"),
        not_of_this,
    );
    refused(&|r| r.body[2] ^= 1, "not the one that was signed");
    refused(&|r| r.body.clear(), "length");
    // Untouched it is good, and none of the attempts has used it up.
    case.received()
        .shown_to(&verifier, &engine, case.now_ms)
        .unwrap();
}
