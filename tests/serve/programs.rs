//! Programs that people write and use: with the official SDK, the official command line, and over HTTP/2.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use crate::server::{Home, Server, run};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// A variable that `tests/run` sets; without it the test has nothing to run.
fn tool(variable: &str) -> Option<OsString> {
    let tool = std::env::var_os(variable);
    if tool.is_none() {
        eprintln!("{variable} is not set: nothing is compared");
    }
    tool
}

/// Runs a Python program against a server, and returns what it says.
fn python(server: &Server<'_>, script: &str) -> Option<String> {
    let mut command = Command::new(tool("OCELOT_PYTHON")?);
    command
        .arg(path("serve").join(script))
        .arg(server.url())
        .arg(path("data/signing/keys/rsa.pkcs8.test-key.pem"))
        .env("HOME", server.home.path(""));
    if let Some(ca) = server.ready["ca"].as_str() {
        command.arg(ca);
    }
    let output = run(command);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{}", server.log());
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_sdk_does_every_operation() {
    let home = Home::new();
    let server = home.serve("");
    if let Some(said) = python(&server, "sdk_streaming.py") {
        assert!(said.starts_with("every operation answered"), "{said}");
    }
}

#[test]
fn the_sdk_does_every_operation_over_tls() {
    let home = Home::new();
    let server = home.serve("--tls auto");
    if let Some(said) = python(&server, "sdk_streaming.py") {
        assert!(said.starts_with("every operation answered"), "{said}");
    }
}

#[test]
fn producers_and_consumers_of_the_guides() {
    let home = Home::new();
    let server = home.serve("");
    if let Some(said) = python(&server, "guide.py") {
        assert_eq!(said, "120 put, 120 got, 120 got again\n");
    }
}

#[test]
fn the_lab_with_the_official_command_line() {
    let Some(oci) = tool("OCELOT_OCI") else {
        return;
    };
    let home = Home::new();
    let server = home.serve("");
    let bin = home.path("bin");
    std::fs::create_dir(&bin).unwrap();
    let key = path("data/signing/keys/rsa.pkcs8.test-key.pem");
    let fingerprint = std::fs::read_to_string(path("data/signing/fingerprint.txt")).unwrap();
    let config = format!(
        "[DEFAULT]\ntenancy=ocid1.tenancy.oc1..shop\nuser=ocid1.user.oc1..clerk\nregion=us-ashburn-1\n\
         fingerprint={}\nkey_file={}\n",
        fingerprint.trim(),
        key.display()
    );
    std::fs::write(home.path("config"), config).unwrap();
    // The guide's commands name no endpoint, so the program that they call adds it.
    let wrapper = format!(
        "#!/bin/sh\nexec '{}' --endpoint '{}' --config-file '{}' \"$@\"\n",
        oci.to_string_lossy(),
        server.url(),
        home.path("config").display()
    );
    std::fs::write(bin.join("oci"), wrapper).unwrap();
    let mut chmod = Command::new("chmod");
    chmod.arg("700").arg(bin.join("oci"));
    assert!(run(chmod).status.success());
    let mut command = Command::new("bash");
    command
        .arg(path("data/guide-streaming.sh"))
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .env("HOME", home.path(""))
        .env("SUPPRESS_LABEL_WARNING", "True")
        .env("OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING", "True");
    let output = run(command);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{}", server.log());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("| production-events |") && said.contains("order-events"),
        "{said}"
    );
    assert!(said.trim_end().ends_with("== done"), "{said}");
}

#[test]
fn http_2_is_spoken() {
    let home = Home::new();
    let server = home.serve("--memory");
    server.stream("orders", 1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let url = format!(
        "{}/20180418/streams?compartmentId=ocid1.compartment.oc1..shop",
        server.url()
    );
    let bodies = runtime.block_on(async {
        let mut asked = tokio::task::JoinSet::new();
        for _ in 0..50 {
            asked.spawn(client.get(&url).send());
        }
        let mut bodies = Vec::new();
        while let Some(response) = asked.join_next().await {
            let response = response.unwrap().unwrap();
            assert_eq!(response.version(), reqwest::Version::HTTP_2);
            assert!(response.headers().contains_key("opc-request-id"));
            bodies.push(response.text().await.unwrap());
        }
        bodies
    });
    assert!(bodies.iter().all(|body| body.contains("orders")));
}
