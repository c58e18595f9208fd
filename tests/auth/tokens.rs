//! Auth tokens: made once, checked as passwords and by SCRAM, and taken away.

use ocelot::call::LOCAL_TENANCY;
use ocelot::engine::{AccessRequest, Engine, ScramHash};
use ocelot::server::auth::{Caller, Login, check_token, scram_user};
use ring::{digest, hmac, pbkdf2};
use serde_json::Value;

use crate::support::{TENANCY, engine, manage};

const POOL: &str = "ocid1.streampool.oc1.local.a";

fn create(engine: &Engine, tenancy: &str, tenancy_name: Option<&str>, user: &str) -> Value {
    let request = AccessRequest::CreateToken {
        tenancy_id: tenancy.to_owned(),
        tenancy_name: tenancy_name.map(str::to_owned),
        user_name: user.to_owned(),
        description: Some("for tests".to_owned()),
    };
    manage(engine, &request)
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap().to_owned()
}

fn login(engine: &Engine, name: &str, token: &str) -> Result<Caller, String> {
    let login = Login::parse(name).map_err(|error| error.to_string())?;
    check_token(engine, &login, token.as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn a_token_logs_its_user_in() {
    let engine = engine();
    let created = create(&engine, TENANCY, Some("shop"), "ann");
    let token = text(&created, "token");
    assert_eq!(token.len(), 24);
    assert!(
        token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte))
    );
    assert_eq!(created["kafka-user-name"], "shop/ann/STREAM_POOL_OCID");
    let ann = Caller {
        tenancy_id: TENANCY.to_owned(),
        user_id: "ann".to_owned(),
    };
    for name in [
        "shop/ann",
        "ocid1.tenancy.oc1..test/ann",
        "shop/default/ann",
    ] {
        assert_eq!(login(&engine, name, &token), Ok(ann.clone()), "{name}");
        assert_eq!(
            login(&engine, &format!("{name}/{POOL}"), &token),
            Ok(ann.clone())
        );
    }
    let wrong = login(&engine, "shop/ann", "wrong").unwrap_err();
    for (name, given) in [
        ("shop/ben", &token),
        ("else/ann", &token),
        ("local/ann", &token),
        ("shop/idcs/ann", &token),
        ("shop/ann", &token[1..].to_owned()),
        ("shop/ann", &String::new()),
    ] {
        assert_eq!(login(&engine, name, given), Err(wrong.clone()), "{name}");
    }
    assert!(
        login(&engine, "ann", &token)
            .unwrap_err()
            .contains("tenancy/user")
    );
}

#[test]
fn a_user_of_a_domain_is_another_user() {
    let engine = engine();
    let created = create(&engine, LOCAL_TENANCY, None, "idcs/ann@example.com");
    let token = text(&created, "token");
    let name = format!("local/idcs/ann@example.com/{POOL}");
    assert_eq!(
        login(&engine, &name, &token).unwrap().user_id,
        "idcs/ann@example.com"
    );
    assert!(login(&engine, "local/ann@example.com", &token).is_err());
}

#[test]
fn tokens_are_listed_without_the_secret_and_taken_away_one_by_one() {
    let engine = engine();
    let first = create(&engine, LOCAL_TENANCY, None, "ann");
    let second = create(&engine, LOCAL_TENANCY, None, "ann");
    let (one, two) = (text(&first, "token"), text(&second, "token"));
    let listed = manage(&engine, &AccessRequest::ListTokens).to_string();
    assert!(
        !listed.contains(&one) && !listed.contains("salt"),
        "{listed}"
    );
    assert!(listed.contains("for tests"), "{listed}");
    let works = |token: &str| login(&engine, "local/ann", token).is_ok();
    assert!(works(&one) && works(&two));
    let delete = AccessRequest::DeleteToken {
        id: text(&first, "id"),
    };
    manage(&engine, &delete);
    assert!(!works(&one) && works(&two));
    let error = engine.manage_access(&delete).unwrap_err().to_string();
    assert!(error.contains("there is no token"), "{error}");
}

#[test]
fn a_tenancy_has_one_name_and_no_name_two_tenancies() {
    let engine = engine();
    let first = create(&engine, TENANCY, Some("shop"), "ann");
    let token = text(&first, "token");
    let refused = |tenancy: &str, name: &str| {
        let request = AccessRequest::CreateToken {
            tenancy_id: tenancy.to_owned(),
            tenancy_name: Some(name.to_owned()),
            user_name: "ben".to_owned(),
            description: None,
        };
        engine.manage_access(&request).unwrap_err().to_string()
    };
    let other = "ocid1.tenancy.oc1..other";
    assert!(refused(other, "shop").contains(TENANCY));
    assert!(refused(other, "local").contains(LOCAL_TENANCY));
    assert!(refused(other, "a/b").contains("slash"));
    assert!(refused(other, other).contains("OCID"));
    assert!(refused(other, "").contains("empty"));
    assert!(refused("shop", "x").contains("tenancy is not an OCID"));
    // A new name takes the place of the old one, which is free then.
    create(&engine, TENANCY, Some("store"), "ben");
    assert!(login(&engine, "store/ann", &token).is_ok());
    assert!(login(&engine, "shop/ann", &token).is_err());
    create(&engine, other, Some("shop"), "eve");
    assert!(login(&engine, "shop/ann", &token).is_err());
}

#[test]
fn names_that_no_login_can_hold_are_refused() {
    let engine = engine();
    for name in [
        "",
        " ",
        "a//b",
        "/a",
        "a/",
        " ann",
        "a\0b",
        &"x".repeat(256),
    ] {
        let request = AccessRequest::CreateToken {
            tenancy_id: LOCAL_TENANCY.to_owned(),
            tenancy_name: None,
            user_name: name.to_owned(),
            description: None,
        };
        let error = engine.manage_access(&request).unwrap_err().to_string();
        assert!(
            error.contains("user's name cannot be used"),
            "{name:?}: {error}"
        );
    }
}

/// A client's side of SCRAM (RFC 5802, 3), written from the RFC: its proof, and the server's signature.
fn client_side(
    hash: ScramHash,
    password: &str,
    salt: &[u8],
    iterations: u32,
) -> (Vec<u8>, Vec<u8>) {
    let (pbkdf2, hmac, digest, length) = match hash {
        ScramHash::Sha256 => (
            pbkdf2::PBKDF2_HMAC_SHA256,
            hmac::HMAC_SHA256,
            &digest::SHA256,
            32,
        ),
        ScramHash::Sha512 => (
            pbkdf2::PBKDF2_HMAC_SHA512,
            hmac::HMAC_SHA512,
            &digest::SHA512,
            64,
        ),
    };
    let mut salted = vec![0; length];
    let iterations = iterations.try_into().unwrap();
    pbkdf2::derive(pbkdf2, iterations, salt, password.as_bytes(), &mut salted);
    let keyed = |key: &[u8], text: &[u8]| {
        let key = hmac::Key::new(hmac, key);
        hmac::sign(&key, text).as_ref().to_vec()
    };
    let client_key = keyed(&salted, b"Client Key");
    let stored_key = digest::digest(digest, &client_key);
    let signature = keyed(stored_key.as_ref(), MESSAGES);
    let proof = client_key
        .iter()
        .zip(&signature)
        .map(|(l, r)| l ^ r)
        .collect();
    (proof, keyed(&keyed(&salted, b"Server Key"), MESSAGES))
}

const MESSAGES: &[u8] = b"n=shop/ann,r=abc,r=abcdef,s=salt,i=4096,c=biws,r=abcdef";

#[test]
fn scram_takes_any_of_a_users_tokens() {
    let engine = engine();
    let tokens: Vec<String> = (0..3)
        .map(|_| text(&create(&engine, TENANCY, Some("shop"), "ann"), "token"))
        .collect();
    let user = scram_user(&engine, &Login::parse("shop/ann").unwrap()).unwrap();
    assert!(user.iterations() >= 4096 && user.salt().len() >= 16);
    for hash in [ScramHash::Sha256, ScramHash::Sha512] {
        for token in &tokens {
            let (proof, signature) = client_side(hash, token, user.salt(), user.iterations());
            assert_eq!(user.check_proof(hash, &proof, MESSAGES), Some(signature));
            assert_eq!(user.check_proof(hash, &proof, b"other"), None);
        }
        let (proof, _) = client_side(hash, "wrong", user.salt(), user.iterations());
        assert_eq!(user.check_proof(hash, &proof, MESSAGES), None);
        assert_eq!(user.check_proof(hash, b"", MESSAGES), None);
    }
    assert_eq!(Caller::from(&user).tenancy_id, TENANCY);
}

#[test]
fn a_user_who_does_not_exist_looks_like_others() {
    let engine = engine();
    create(&engine, TENANCY, Some("shop"), "ann");
    let user = |name: &str| scram_user(&engine, &Login::parse(name).unwrap()).unwrap();
    let (ann, nobody, again) = (user("shop/ann"), user("shop/nobody"), user("shop/nobody"));
    assert_eq!(nobody.salt().len(), ann.salt().len());
    assert_eq!(nobody.iterations(), ann.iterations());
    assert_eq!(nobody.salt(), again.salt());
    assert_ne!(nobody.salt(), user("shop/noone").salt());
    let hash = ScramHash::Sha256;
    let (proof, _) = client_side(hash, "", nobody.salt(), nobody.iterations());
    assert_eq!(nobody.check_proof(hash, &proof, MESSAGES), None);
    assert!(!nobody.has_token(b""));
}
