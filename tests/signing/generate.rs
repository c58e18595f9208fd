//! New key pairs: what is written can be read, by us and by the rules of the files around it.

use ocelot::client::signing::{
    KeyErrorKind, KeyPair, PrivateKey, check_permissions, write_key_pair,
};

use crate::support::passphrase;

#[test]
fn a_new_pair_is_written_once_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let private = folder.path().join("oci_api_key.pem");
    let public = folder.path().join("oci_api_key_public.pem");
    let pair = KeyPair::generate(None).unwrap();
    assert_eq!(pair.key.bits(), 2048);
    write_key_pair(&pair, &private, &public, false).unwrap();

    let text = std::fs::read_to_string(&private).unwrap();
    assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert!(text.ends_with("-----END PRIVATE KEY-----\nOCI_API_KEY\n"));
    assert_eq!(check_permissions(&private), None);
    let read = PrivateKey::from_file(&private, None).unwrap();
    assert_eq!(read.fingerprint(), pair.key.fingerprint());
    assert_eq!(std::fs::read_to_string(&public).unwrap(), read.public_pem());

    let other = KeyPair::generate(None).unwrap();
    let error = write_key_pair(&other, &private, &folder.path().join("new.pem"), false);
    assert!(matches!(
        error.unwrap_err().kind(),
        KeyErrorKind::AlreadyThere
    ));
    let error = write_key_pair(&other, &folder.path().join("new.pem"), &public, false);
    assert!(matches!(
        error.unwrap_err().kind(),
        KeyErrorKind::AlreadyThere
    ));
    assert_eq!(std::fs::read_to_string(&private).unwrap(), text);
    assert!(!folder.path().join("new.pem").exists());

    write_key_pair(&other, &private, &public, true).unwrap();
    let read = PrivateKey::from_file(&private, None).unwrap();
    assert_eq!(read.fingerprint(), other.key.fingerprint());
}

#[test]
fn a_new_pair_may_have_a_passphrase() {
    let pair = KeyPair::generate(Some(&passphrase())).unwrap();
    assert!(
        pair.private_pem
            .starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    );
    let error = PrivateKey::from_text(&pair.private_pem, None).unwrap_err();
    assert!(matches!(error.kind(), KeyErrorKind::PassphraseMissing));
    let read = PrivateKey::from_text(&pair.private_pem, Some(&passphrase())).unwrap();
    assert_eq!(read.fingerprint(), pair.key.fingerprint());
    assert!(!format!("{pair:?}").contains("BEGIN"));
}

#[test]
fn an_unwritable_place_is_an_error_with_its_cause() {
    let pair = KeyPair::generate(None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("none/key.pem");
    let error = write_key_pair(&pair, &nowhere, &nowhere, false).unwrap_err();
    assert!(matches!(error.kind(), KeyErrorKind::Unwritable(_)));
    assert!(std::error::Error::source(&error).is_some());
}
