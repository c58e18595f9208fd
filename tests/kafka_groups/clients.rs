//! The clients that people use, each as it comes.

use std::process::{Command, Stdio};

use crate::server::{Python, Server, helper, succeed};

/// A server with a topic of numbers.
fn server_with_numbers(python: &Python) -> Server {
    let server = Server::start();
    server.produce(python, "orders", 3, 0..300);
    server
}

#[test]
fn administrators_see_and_change_groups() {
    let Some(python) = Python::find() else { return };
    server_with_numbers(&python).run(&python, "administer.py", &[]);
}

#[test]
fn administrators_with_kafka_python() {
    let Some(python) = Python::find() else { return };
    server_with_numbers(&python).run(&python, "administer_kafka_python.py", &[]);
}

#[test]
fn a_lone_consumer_starts_within_a_second() {
    let Some(python) = Python::find() else { return };
    let server = server_with_numbers(&python);
    for client in ["classic", "consumer", "kafka-python"] {
        let times = server.run(&python, "start.py", &[client]);
        let times = times.lines().map(|time| time.parse::<f64>().unwrap());
        // The best of a few, since machines are busy at times.
        let best = times.reduce(f64::min).unwrap();
        assert!(best < 1.0, "{client} starts within {best} seconds");
    }
}

/// kcat 1.7 of Debian has librdkafka 2.0, which is old.
#[test]
fn kcat_reads_in_a_group_and_resumes() {
    let Some(python) = Python::find() else { return };
    let found = Command::new("kcat")
        .arg("-V")
        .stdout(Stdio::null())
        .status();
    if found.is_err() {
        eprintln!("kcat is not there: not tested");
        return;
    }
    let server = server_with_numbers(&python);
    let read = || {
        let mut command = Command::new("kcat");
        command
            .args(["-q", "-b", server.kafka()])
            .args([
                "-X",
                "auto.offset.reset=earliest",
                "-X",
                "broker.version.fallback=2.0",
            ])
            .args(["-e", "-G", "readers", "orders"]);
        let values = succeed(command);
        let mut values: Vec<u64> = values.lines().map(|line| line.parse().unwrap()).collect();
        values.sort_unstable();
        values
    };
    assert_eq!(read(), (0..300).collect::<Vec<u64>>());
    server.produce(&python, "orders", 3, 300..330);
    assert_eq!(read(), (300..330).collect::<Vec<u64>>());
}

#[test]
fn kafkajs_reads_in_a_group_and_administers_it() {
    let Some(python) = Python::find() else { return };
    let Some(folder) = std::env::var_os("OCELOT_KAFKAJS") else {
        eprintln!("OCELOT_KAFKAJS is not set: kafkajs is not tested");
        return;
    };
    let server = server_with_numbers(&python);
    let mut command = Command::new("node");
    command.arg(helper("kafkajs.js")).arg(server.kafka()).env(
        "NODE_PATH",
        std::path::Path::new(&folder).join("node_modules"),
    );
    succeed(command);
}
