//! A server that refuses what the service in the cloud refuses.

use crate::support::{Home, Server, python};

const COMPARTMENT: &str = "ocid1.tenancy.oc1..local";

#[test]
fn clients_meet_the_limits_of_the_service() {
    let home = Home::new();
    home.profile("DEFAULT", COMPARTMENT);
    let server = Server::start(&home, &["--strict"]);
    python(
        "strict.py",
        &[server.http(), server.kafka(), &home.config_file(), "strict"],
    );
    // A command that asks for the limits gets them here.
    let list = [
        "streaming",
        "admin",
        "stream",
        "list",
        "--compartment-id",
        COMPARTMENT,
    ];
    let mut command = home.ocelot(&list);
    let asked = command.env("OCELOT_STRICT", "1").output().unwrap();
    assert!(asked.status.success(), "{asked:?}");
    drop(server);
    let server = Server::start(&home, &[]);
    python(
        "strict.py",
        &[
            server.http(),
            server.kafka(),
            &home.config_file(),
            "lenient",
        ],
    );
}

#[test]
fn queues_and_topics_have_limits_too() {
    let home = Home::new();
    home.profile("DEFAULT", COMPARTMENT);
    // Where the clock stands still no rate recovers, however slow this machine is.
    home.run(&["local", "clock", "set", "2026-03-14", "--frozen"]);
    for (options, kind) in [(&["--strict"][..], "strict"), (&[], "lenient")] {
        let server = Server::start(&home, options);
        python(
            "strict_services.py",
            &[server.http(), &home.config_file(), kind],
        );
    }
}

#[test]
fn the_variable_counts_everywhere() {
    let home = Home::new();
    let create = |name: &str, value: &str| {
        let words = [
            "streaming",
            "admin",
            "stream",
            "create",
            "--compartment-id",
            COMPARTMENT,
        ];
        let mut command = home.ocelot(&words);
        command
            .env("OCELOT_STRICT", value)
            .args(["--partitions", "150", "--name", name]);
        command.output().unwrap()
    };
    let said = |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(create("first", "1").status.success());
    let refused = create("second", "1");
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        said(&refused).contains("LimitExceeded"),
        "{}",
        said(&refused)
    );
    assert!(create("second", "0").status.success());
    let unclear = create("third", "perhaps");
    assert_eq!(unclear.status.code(), Some(2));
    assert!(
        said(&unclear).contains("OCELOT_STRICT"),
        "{}",
        said(&unclear)
    );

    // A server that is not strict cannot give what is asked for.
    let server = Server::start(&home, &[]);
    let refused = create("third", "1");
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("--strict"), "{}", said(&refused));
    drop(server);
}
