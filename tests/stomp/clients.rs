//! stomp.py, in the Python that `OCELOT_PYTHON` names. Where there is none, its tests say so and end.

use crate::server::Server;

/// Runs a script against a server, which must say that all is well.
fn python(script: &str, arguments: &[&str]) {
    test_support::python(&format!("tests/stomp/{script}"), arguments);
}

#[test]
fn stomp_py_speaks_every_version() {
    for version in ["1.0", "1.1", "1.2"] {
        let server = Server::start();
        let queue = server.create_queue(&[]);
        python(
            "versions.py",
            &[version, server.stomp(), server.url(), &queue],
        );
        assert_eq!(server.stats(&queue), [0, 0, 0]);
    }
}

#[test]
fn the_example_of_the_guide_runs() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    python("guide.py", &[server.stomp(), &queue]);
    assert_eq!(server.stats(&queue), [0, 0, 0]);
}

#[test]
fn stomp_py_logs_in_over_tls() {
    let server = Server::start_with(&["--auth", "verify", "--tls", "auto"]);
    let queue = server.create_queue(&[]);
    let made = server.run(&["local", "token", "create", "--user", "idcs/ann"]);
    let token = made["data"]["token"].as_str().unwrap();
    let shop = [
        "--tenancy",
        "ocid1.tenancy.oc1..shop",
        "--tenancy-name",
        "shop",
    ];
    let made = server.run(&[&["local", "token", "create", "--user", "ann"][..], &shop].concat());
    let others = made["data"]["token"].as_str().unwrap();
    let elsewhere = Server::start_with(&["--tls", "auto"]);
    let ca = |server: &Server| server.path("data/tls/ca.pem").display().to_string();
    python(
        "logins.py",
        &[
            server.stomp(),
            &queue,
            &ca(&server),
            &ca(&elsewhere),
            token,
            others,
        ],
    );
    let log = server.log();
    assert!(
        !log.contains(token) && !log.contains("passcode\":"),
        "{log}"
    );
}
