//! The same key, time and request give the same headers as the official SDK, to the byte.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ocelot::api::operation::Method;
use ocelot::client::Request;
use ocelot::client::signing::{PrivateKey, SignedHeaders, Signer};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::support::{data, key_path};

/// What HTTP itself adds to a request; the transport's business, not the signer's.
const OF_THE_TRANSPORT: [&str; 3] = ["accept-encoding", "connection", "user-agent"];

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
    fn sign(&self) -> BTreeMap<String, String> {
        let passphrase = self.passphrase.clone().map(SecretString::from);
        let key = PrivateKey::from_file(&key_path(&self.key), passphrase.as_ref()).unwrap();
        let headers = match self.headers_signed.as_str() {
            "usual" => SignedHeaders::Usual,
            "with_delegation" => SignedHeaders::WithDelegation,
            "without_host" => SignedHeaders::WithoutHost,
            other => panic!("{other}"),
        };
        let method = match self.method.as_str() {
            "GET" => Method::Get,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            other => panic!("{other}"),
        };
        let mut request = Request::new(method, &self.url);
        request.headers = self.headers.clone().into_iter().collect();
        request.body = self
            .body
            .as_ref()
            .map(|body| BASE64_STANDARD.decode(body).unwrap());
        let signer = Signer::new(&self.key_id, Arc::new(key)).signing(headers);
        signer.sign(&mut request, self.now_ms).unwrap();
        let lower = |(name, value): (String, String)| (name.to_ascii_lowercase(), value);
        request.headers.into_iter().map(lower).collect()
    }

    fn compare(&self) {
        let ours = self.sign();
        let mut theirs = self.signed.clone();
        theirs.retain(|name, _| {
            ours.contains_key(name) || !OF_THE_TRANSPORT.contains(&name.as_str())
        });
        if self.method == "DELETE" {
            // Python's HTTP library counts every body; DELETE's is not signed, and the transport counts it.
            theirs.remove("content-length");
        }
        assert_eq!(ours, theirs, "{}", self.name);
    }
}

fn recorded() -> Vec<Case> {
    let text = std::fs::read_to_string(data("vectors.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn recorded_signatures_are_ours_to_the_byte() {
    let cases = recorded();
    assert!(cases.len() >= 40, "{} cases", cases.len());
    for case in &cases {
        case.compare();
    }
}

/// Signs with the SDK itself, where `OCELOT_PYTHON` names a Python that has it.
#[test]
fn the_sdk_at_hand_signs_the_same() {
    let Some(python) = std::env::var_os("OCELOT_PYTHON") else {
        eprintln!("OCELOT_PYTHON is not set: only recorded signatures are compared");
        return;
    };
    let cases: Vec<Case> = varied(&recorded());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/signing/record.py");
    let mut child = Command::new(python)
        .args([script, "--stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all(&serde_json::to_vec(&cases).unwrap())
        .unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers: Vec<Case> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), cases.len());
    for answer in answers {
        answer.compare();
    }
}

/// Recorded cases, and each of them at other times and with other bodies.
fn varied(recorded: &[Case]) -> Vec<Case> {
    let mut cases = recorded.to_vec();
    for (number, case) in recorded.iter().enumerate() {
        let mut other = case.clone();
        other.now_ms += 86_400_000 * 37 * (number as i64 + 1);
        other.url = format!("{}?n={number}", case.url.split(['?', '#']).next().unwrap());
        if matches!(case.method.as_str(), "POST" | "PUT") {
            other.body = Some(BASE64_STANDARD.encode(vec![number as u8; number * 97]));
        }
        cases.push(other);
    }
    cases
}
