//! Keys that are registered, listed and taken away.

use ocelot::engine::{AccessRequest, Engine, Home};
use ocelot::log::Durability;
use serde_json::Value;

use crate::support::{TENANCY, USER, engine, key, key_file, manage, private_key, register};

fn add(engine: &Engine, user: &str, text: &str) -> Result<Value, String> {
    let request = AccessRequest::AddKey {
        tenancy_id: TENANCY.to_owned(),
        user_id: user.to_owned(),
        public_key: text.to_owned(),
    };
    engine
        .manage_access(&request)
        .map_err(|error| error.to_string())
}

fn file(name: &str) -> String {
    std::fs::read_to_string(key_file(name)).unwrap()
}

#[test]
fn a_key_is_known_by_its_fingerprint_in_either_form() {
    let engine = engine();
    let first = add(&engine, USER, &file("public.pem")).unwrap();
    assert_eq!(first["fingerprint"], key().fingerprint());
    assert_eq!(
        first["key-id"],
        format!("{TENANCY}/{USER}/{}", key().fingerprint())
    );
    // The same again is the same key.
    let second = add(&engine, USER, &file("public.pkcs1.pem")).unwrap();
    assert_eq!(second, first);
    assert_eq!(
        manage(&engine, &AccessRequest::ListKeys),
        Value::from(vec![first])
    );
}

#[test]
fn keys_of_all_lengths_in_use_are_taken() {
    let engine = engine();
    for name in [
        "rsa3072",
        "rsa4096",
        "rsa5120",
        "rsa2560",
        "rsa2048-exponent-3",
    ] {
        register(&engine, &private_key(&format!("{name}.pkcs8.test-key.pem")));
    }
}

#[test]
fn what_cannot_sign_requests_is_refused() {
    let engine = engine();
    let pem = |label: &str, base64: &str| {
        format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n")
    };
    let ec = pem(
        "PUBLIC KEY",
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\n\
         q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==",
    );
    let small = pem(
        "PUBLIC KEY",
        "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC8iryHlrBWouD7K3R4T+OLlEtf\n\
         P26U5syK4TEFSi1B38JW8ux09ipOCoXGKalt7TtlOwMmhyfOaUuqEhyyiM4GLCoF\n\
         /Q8Xymcp0P+X5ALlQ9KZa9R5udZpTRaD2UPKIJNDsfP0ASzJ3aC1pOu/PWxQnadk\n\
         b3TXO03LcpAYPiNx0QIDAQAB",
    );
    for (text, part) in [
        (file("rsa.pkcs8.test-key.pem"), "a private key"),
        (file("certificate.pem"), "CERTIFICATE"),
        (ec, "not an RSA key"),
        (small, "2048 to 8192 bits"),
        (pem("PUBLIC KEY", "AAAA"), "damaged"),
        ("hello".to_owned(), "no PEM"),
    ] {
        let error = add(&engine, USER, &text).unwrap_err();
        assert!(error.contains(part), "{part}: {error}");
    }
    for user in ["", "ann", "ocid1.user.oc1..a/b", "ocid1.user.oc1..a b"] {
        let error = add(&engine, user, &file("public.pem")).unwrap_err();
        assert!(error.contains("user is not an OCID"), "{error}");
    }
    assert_eq!(
        manage(&engine, &AccessRequest::ListKeys),
        Value::from(Vec::<Value>::new())
    );
}

#[test]
fn a_key_of_several_users_is_taken_from_the_one_who_is_named() {
    let engine = engine();
    let other = "ocid1.user.oc1..other";
    add(&engine, USER, &file("public.pem")).unwrap();
    add(&engine, other, &file("public.pem")).unwrap();
    let delete = |user: Option<&str>| {
        let request = AccessRequest::DeleteKey {
            fingerprint: key().fingerprint().to_uppercase(),
            user_id: user.map(str::to_owned),
        };
        engine
            .manage_access(&request)
            .map_err(|error| error.to_string())
    };
    let error = delete(None).unwrap_err();
    assert!(error.contains(USER) && error.contains(other), "{error}");
    delete(Some(other)).unwrap();
    delete(None).unwrap();
    assert!(delete(None).unwrap_err().contains("is registered"));
}

#[test]
fn keys_and_tokens_are_there_when_the_folder_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::Folder(folder.path().to_owned());
    let open = || Engine::open(&home, Durability::Os).unwrap();
    let create = AccessRequest::CreateToken {
        tenancy_id: TENANCY.to_owned(),
        tenancy_name: Some("shop".to_owned()),
        user_name: "ann".to_owned(),
        description: None,
    };
    let engine = open();
    register(&engine, &key());
    let token = manage(&engine, &create)["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let look = |engine: &Engine| {
        [AccessRequest::ListKeys, AccessRequest::ListTokens].map(|list| manage(engine, &list))
    };
    let before = look(&engine);
    drop(engine);
    let engine = open();
    assert_eq!(look(&engine), before);
    assert!(
        engine
            .token_user("shop", "ann")
            .unwrap()
            .has_token(token.as_bytes())
    );
    drop(engine);
    for file in ["ocelot.db", "ocelot.db-wal"] {
        let bytes = std::fs::read(folder.path().join(file)).unwrap();
        let found = bytes
            .windows(token.len())
            .any(|window| window == token.as_bytes());
        assert!(!found, "the token stands in {file}");
    }
}
