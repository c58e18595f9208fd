//! Reading private keys: every format, every way a file can be wrong, and no panic on any text.

use ocelot::client::signing::{Found, KeyErrorKind, PrivateKey, check_permissions};
use proptest::prelude::*;
use secrecy::SecretString;

use crate::support::{PASSPHRASE, fingerprint, key_path, passphrase, text};

fn read(text: &str) -> Result<PrivateKey, KeyErrorKind> {
    read_with(text, None)
}

fn read_with(text: &str, passphrase: Option<&str>) -> Result<PrivateKey, KeyErrorKind> {
    let passphrase = passphrase.map(SecretString::from);
    PrivateKey::from_text(text, passphrase.as_ref()).map_err(|error| {
        let shown = format!("{error} {error:?} {:?}", error.hint());
        assert!(!shown.contains(PASSPHRASE), "{shown}");
        assert!(!shown.contains("MII"), "{shown}");
        match error.kind() {
            KeyErrorKind::PassphraseMissing => KeyErrorKind::PassphraseMissing,
            KeyErrorKind::PassphraseWrong => KeyErrorKind::PassphraseWrong,
            KeyErrorKind::NotPrivate(found) => KeyErrorKind::NotPrivate(found.clone()),
            KeyErrorKind::TooSmall { bits } => KeyErrorKind::TooSmall { bits: *bits },
            KeyErrorKind::UnsupportedType(name) => KeyErrorKind::UnsupportedType(name.clone()),
            KeyErrorKind::UnsupportedEncryption(name) => {
                KeyErrorKind::UnsupportedEncryption(name.clone())
            }
            KeyErrorKind::Damaged(reason) => KeyErrorKind::Damaged(reason.clone()),
            other => panic!("{other}"),
        }
    })
}

const PLAIN: [&str; 2] = ["rsa.pkcs1.test-key.pem", "rsa.pkcs8.test-key.pem"];
const LOCKED: [&str; 10] = [
    "rsa.pkcs1.locked-des3.test-key.pem",
    "rsa.pkcs1.locked-aes128.test-key.pem",
    "rsa.pkcs1.locked-aes192.test-key.pem",
    "rsa.pkcs1.locked-aes256.test-key.pem",
    "rsa.pkcs8.locked-aes128-sha256.test-key.pem",
    "rsa.pkcs8.locked-aes192-sha512.test-key.pem",
    "rsa.pkcs8.locked-aes256-sha1.test-key.pem",
    "rsa.pkcs8.locked-aes256-sha256.test-key.pem",
    "rsa.pkcs8.locked-des3-sha1.test-key.pem",
    "rsa.pkcs8.locked-scrypt.test-key.pem",
];

/// A key's text as editors, mails and variables make it.
fn shapes(text: &str) -> Vec<String> {
    vec![
        text.to_owned(),
        text.trim_end().to_owned(),
        text.replace('\n', "\r\n"),
        text.replace('\n', "\\n"),
        text.replace('\n', "\\r\\n"),
        format!("\u{feff}{text}"),
        format!("{text}OCI_API_KEY"),
        format!("{text}\n\nOCI_API_KEY\n").replace('\n', "\r\n"),
        format!("Bag Attributes\n    friendlyName: test\n\n{text}"),
        format!("\n\n  {}", text.replace('\n', "\n  ")),
        text.replace("\n-----END", "\n\n-----END"),
    ]
}

#[test]
fn reads_every_format_in_every_shape() {
    for name in PLAIN {
        for shape in shapes(&text(name)) {
            let key = read(&shape).unwrap_or_else(|error| panic!("{name}: {error}\n{shape}"));
            assert_eq!(key.fingerprint(), fingerprint());
        }
    }
    for name in LOCKED {
        // Scrypt is slow on purpose, and slower still without optimizing.
        let few = if name.contains("scrypt") {
            2
        } else {
            usize::MAX
        };
        for shape in shapes(&text(name)).into_iter().take(few) {
            let key = read_with(&shape, Some(PASSPHRASE))
                .unwrap_or_else(|error| panic!("{name}: {error}\n{shape}"));
            assert_eq!(key.fingerprint(), fingerprint());
        }
    }
}

#[test]
fn a_passphrase_that_is_not_needed_is_ignored() {
    for name in PLAIN {
        assert!(read_with(&text(name), Some("for another key")).is_ok());
    }
}

#[test]
fn a_locked_key_needs_its_passphrase() {
    for name in LOCKED {
        let text = text(name);
        assert!(
            matches!(read(&text), Err(KeyErrorKind::PassphraseMissing)),
            "{name}"
        );
    }
    // Many guesses: one in 256 decrypts to valid padding.
    for name in &LOCKED[..4] {
        let text = text(name);
        for guess in 0..600 {
            let guess = guess.to_string();
            let result = read_with(&text, Some(&guess));
            assert!(
                matches!(result, Err(KeyErrorKind::PassphraseWrong)),
                "{name}: {result:?}"
            );
        }
    }
    for name in &LOCKED[4..] {
        for guess in ["", "wrong", "test passphrase "] {
            let result = read_with(&text(name), Some(guess));
            assert!(
                matches!(result, Err(KeyErrorKind::PassphraseWrong)),
                "{name}: {result:?}"
            );
        }
    }
}

#[test]
fn says_what_stands_in_a_private_keys_place() {
    let ssh = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ test@example";
    for (given, found) in [
        (text("public.pem"), Found::PublicKey),
        (text("public.pkcs1.pem"), Found::PublicKey),
        (ssh.to_owned(), Found::PublicKey),
        (text("certificate.pem"), Found::Certificate),
        (text("request.pem"), Found::CertificateRequest),
        ("key_file".to_owned(), Found::NoPem),
        (" \r\n".to_owned(), Found::Nothing),
        (
            "-----BEGIN X-----\nAAAA\n-----END X-----\n".to_owned(),
            Found::Block("X".to_owned()),
        ),
    ] {
        match read(&given) {
            Err(KeyErrorKind::NotPrivate(actual)) => assert_eq!(actual, found),
            other => panic!("{found}: {other:?}"),
        }
    }
    let both = format!(
        "{}{}",
        text("certificate.pem"),
        text("rsa.pkcs8.test-key.pem")
    );
    assert!(read(&both).is_ok(), "a key after its certificate is found");
}

#[test]
fn refuses_keys_of_other_kinds() {
    for (name, says) in [
        ("ec.sec1.test-key.pem", "an EC key"),
        ("ec.pkcs8.test-key.pem", "an EC key"),
        ("ed25519.test-key.pem", "an Ed25519 key"),
        ("pss.test-key.pem", "an RSA key for PSS signatures only"),
    ] {
        match read(&text(name)) {
            Err(KeyErrorKind::UnsupportedType(kind)) => assert_eq!(kind, says),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert!(matches!(
        read(&text("small.test-key.pem")),
        Err(KeyErrorKind::TooSmall { bits: 1024 })
    ));
    assert!(matches!(
        read_with(
            &text("rsa.pkcs8.locked-old-scheme.test-key.pem"),
            Some(PASSPHRASE)
        ),
        Err(KeyErrorKind::UnsupportedEncryption(_))
    ));
    let overworked = text("overworked.test-key.pem");
    assert!(matches!(
        read_with(&overworked, Some(PASSPHRASE)),
        Err(KeyErrorKind::UnsupportedEncryption(_))
    ));
    let unknown = text(LOCKED[0]).replace("DES-EDE3-CBC", "RC2-CBC");
    assert!(matches!(
        read_with(&unknown, Some(PASSPHRASE)),
        Err(KeyErrorKind::UnsupportedEncryption(name)) if name == "RC2-CBC"
    ));
}

#[test]
fn a_damaged_key_is_refused() {
    for name in PLAIN {
        let text = text(name);
        let half = text.len() / 2;
        let cut = format!(
            "{}\n-----END {}",
            &text[..half],
            text.split("-----END ").nth(1).unwrap()
        );
        for damaged in [text[..half].to_owned(), cut, text.replacen('M', "!", 1)] {
            let result = read(&damaged);
            let refused = matches!(
                result,
                Err(KeyErrorKind::Damaged(_) | KeyErrorKind::NotPrivate(Found::NoPem))
            );
            assert!(refused, "{result:?}");
        }
    }
}

#[test]
fn errors_name_the_file_and_a_cure() {
    let missing = key_path("nowhere.pem");
    let error = PrivateKey::from_file(&missing, None).unwrap_err();
    assert!(matches!(error.kind(), KeyErrorKind::NoFile));
    assert_eq!(error.path(), Some(missing.as_path()));
    assert_eq!(
        error.to_string(),
        format!("{}: there is no such file", missing.display())
    );
    assert!(error.hint().unwrap().contains("key_file"));

    let folder = PrivateKey::from_file(&key_path(""), None).unwrap_err();
    assert!(matches!(folder.kind(), KeyErrorKind::Unreadable(_)));
    assert!(std::error::Error::source(&folder).is_some());

    let public = PrivateKey::from_file(&key_path("public.pem"), None).unwrap_err();
    assert!(
        public
            .to_string()
            .ends_with("this is not a private key but a public key")
    );
}

#[test]
fn the_fingerprint_is_checked_when_asked_for() {
    let key = read(&text(PLAIN[0])).unwrap();
    assert!(key.check_fingerprint(&fingerprint().to_uppercase()).is_ok());
    let error = key.check_fingerprint("00:11").unwrap_err();
    assert!(matches!(
        error.kind(),
        KeyErrorKind::FingerprintMismatch { actual, .. } if *actual == fingerprint()
    ));
    assert_eq!(key.public_pem(), text("public.pem"));
}

#[cfg(unix)]
#[test]
fn warns_of_a_file_that_others_may_read() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    std::fs::write(&path, text(PLAIN[0])).unwrap();
    let set = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    set(0o600);
    assert_eq!(check_permissions(&path), None);
    set(0o644);
    let warning = check_permissions(&path).unwrap();
    assert_eq!(warning.mode, 0o644);
    assert!(warning.hint().starts_with("chmod 600 "));
    assert!(PrivateKey::from_file(&path, None).is_ok());
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?}", read(&text(PLAIN[0])).unwrap());
    assert!(
        shown.contains(&fingerprint()) && shown.len() < 200,
        "{shown}"
    );
}

/// A recorded key with some of its characters replaced.
fn mangled() -> impl Strategy<Value = String> {
    let names: Vec<&str> = PLAIN.into_iter().chain(LOCKED).collect();
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<char>()), 1..6);
    (prop::sample::select(names), edits).prop_map(|(name, edits)| {
        let mut letters: Vec<char> = text(name).chars().collect();
        for (place, letter) in edits {
            let place = place.index(letters.len());
            letters[place] = letter;
        }
        letters.into_iter().collect()
    })
}

/// Well-formed PEM around arbitrary bytes.
fn armored() -> impl Strategy<Value = String> {
    let labels = [
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "PUBLIC KEY",
    ];
    let headers = [
        "",
        "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n",
        "DEK-Info\n\n",
    ];
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    (
        prop::sample::select(labels.to_vec()),
        prop::sample::select(headers.to_vec()),
        bytes,
    )
        .prop_map(|(label, headers, bytes)| {
            use base64::Engine;
            let body = base64::prelude::BASE64_STANDARD.encode(bytes);
            format!("-----BEGIN {label}-----\n{headers}{body}\n-----END {label}-----\n")
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_reading_panic(text in prop_oneof![any::<String>(), mangled(), armored()]) {
        let passphrase = passphrase();
        let _ = PrivateKey::from_text(&text, None);
        let _ = PrivateKey::from_text(&text, Some(&passphrase));
    }
}
