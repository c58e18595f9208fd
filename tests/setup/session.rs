//! `session validate`, `refresh` and `terminate`.

use serde_json::json;

use crate::machine::{Machine, TENANCY, token};
use crate::service::Service;

#[test]
fn a_session_is_valid_until_it_expires() {
    let machine = Machine::new();
    machine.begin_session("S", 3600);
    let run = machine.ocelot("session validate --local --profile S");
    assert_eq!((run.status, run.stdout.as_str()), (Some(0), ""), "{run:#?}");
    assert!(
        run.stderr.starts_with("Session is valid until 20"),
        "{run:#?}"
    );
    machine.write(".oci/sessions/S/token", &token("S", -1));
    for line in ["--local", ""] {
        machine
            .ocelot(&format!("session validate --profile S {line}"))
            .says(1, &["Session has expired"]);
    }
    machine.write(".oci/sessions/S/token", "no token");
    machine
        .ocelot("session validate --local --profile S")
        .says(1, &["three parts"]);
    machine
        .ocelot("session validate --local")
        .says(1, &["security_token_file, which is not set"]);
}

#[test]
fn a_service_is_asked_whether_it_takes_the_session() {
    let machine = Machine::new();
    let token = machine.begin_session("S", 3600);
    for (status, told) in [
        (200, "Session is valid until"),
        (401, "Session was deemed invalid by service"),
        (503, "answered 503"),
    ] {
        let service = Service::start(status, &json!([]), 0);
        let line = format!("session validate --profile S --endpoint {}", service.url);
        machine
            .ocelot(&line)
            .says(i32::from(status != 200), &[told]);
        let seen = service.seen();
        assert!(seen[0].starts_with("GET /20160918/regions "), "{seen:?}");
        assert!(
            seen[0].contains(&format!("keyId=\"ST${token}\"")),
            "{seen:?}"
        );
    }
    machine
        .ocelot("session validate --profile S --endpoint http://127.0.0.1:1")
        .says(1, &["cannot connect"]);
}

#[test]
fn a_refresh_puts_the_new_token_in_the_place_of_the_old() {
    let machine = Machine::new();
    let old = machine.begin_session("S", 600);
    let new = token("new", 3600);
    let service = Service::start(200, &json!({ "token": new }), 0);
    let line = format!("session refresh --profile S --endpoint {}", service.url);
    machine
        .ocelot(&line)
        .says(0, &["Successfully refreshed token"]);
    assert_eq!(machine.read(".oci/sessions/S/token"), new);
    assert_eq!(machine.mode(".oci/sessions/S/token"), 0o600);
    assert_eq!(
        machine.files(".oci/sessions/S"),
        ["oci_api_key.pem", "oci_api_key_public.pem", "token"]
    );
    let seen = service.seen();
    assert!(
        seen[0].starts_with("POST /v1/authentication/refresh "),
        "{seen:?}"
    );
    assert!(
        seen[0].ends_with(&json!({ "currentToken": old }).to_string()),
        "{seen:?}"
    );
}

#[test]
fn a_refresh_that_is_refused_leaves_the_token() {
    let machine = Machine::new();
    let old = machine.begin_session("S", 600);
    let answers = [
        (401, json!({"code": "NotAuthenticated"}), "no longer valid"),
        (404, json!({"message": "no such thing"}), "no such thing"),
        (200, json!({"token": "nonsense"}), "is not a token"),
        (200, json!({"other": 1}), "it has no token"),
    ];
    for (status, body, told) in answers {
        let service = Service::start(status, &body, 0);
        let line = format!("session refresh --profile S --endpoint {}", service.url);
        let run = machine.ocelot(&line);
        run.says(1, &[told]);
        assert!(!run.stderr.contains(&old), "{run:#?}");
        assert_eq!(machine.read(".oci/sessions/S/token"), old);
    }
    machine.write(".oci/sessions/S/token", &token("S", -1));
    machine
        .ocelot("session refresh --profile S --endpoint http://127.0.0.1:1")
        .says(1, &["expired at", "oci session authenticate"]);
}

#[test]
fn a_terminated_session_leaves_the_other_profiles() {
    let machine = Machine::new();
    let before = {
        machine.begin_session("S", 600);
        machine.read(".oci/config")
    };
    let default = before.split("\n# the session").next().unwrap().to_owned();
    machine
        .ocelot("session terminate")
        .says(1, &["profile DEFAULT has no security_token_file"]);
    // A token that a variable names, or that is inherited, is no profile's own.
    let other = Machine::new().variable("OCI_CLI_SECURITY_TOKEN_FILE", "~/token");
    other.write("token", "t");
    other.write(
        ".oci/config",
        "[DEFAULT]\nsecurity_token_file=~/token\n[S]\nuser=u\n",
    );
    other
        .ocelot("session terminate --profile S")
        .says(1, &["profile S has no security_token_file"]);
    assert!(other.path("token").exists());
    machine
        .ocelot("session terminate --profile S --auth api_key")
        .says(2, &["is about sessions"]);
    machine
        .ocelot("session terminate --profile S")
        .says(0, &["Successfully removed profile: S", "config.backup"]);
    assert_eq!(machine.read(".oci/config"), default + "\n# the session\n");
    assert_eq!(machine.read(".oci/config.backup"), before);
    assert!(!machine.path(".oci/sessions/S").exists());
    assert!(machine.path(".oci/oci_api_key.pem").exists());
    machine
        .ocelot("session terminate --profile S")
        .says(1, &["has no profile S"]);
}

#[test]
fn a_key_that_is_not_the_sessions_own_is_kept() {
    let machine = Machine::new();
    machine.set_up("");
    machine.write(".oci/token", &token("S", 600));
    let profile = format!(
        "[S]\ntenancy={TENANCY}\nkey_file=~/.oci/oci_api_key.pem\nsecurity_token_file=~/.oci/token\n"
    );
    machine.write(".oci/config", &(machine.read(".oci/config") + &profile));
    machine.ocelot("session terminate --profile S").says(0, &[]);
    assert!(!machine.path(".oci/token").exists());
    assert!(machine.path(".oci/oci_api_key.pem").exists());
    let profile = "[DEFAULT]\nkey_file=~/.oci/oci_api_key.pem\nsecurity_token_file=~/.oci/token\n";
    machine.write(".oci/config", profile);
    machine
        .ocelot("session terminate")
        .says(1, &["profile DEFAULT is not removed"]);
    assert_eq!(machine.read(".oci/config"), profile);
}
