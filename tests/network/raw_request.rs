//! `ocelot raw-request`. What is stated here is what the official command line (3.95.1) prints and sends.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Run, run_at};
use crate::server::{Act, Server, json as response, raw};

/// A home with a profile that signs.
fn home_with_profile() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".oci");
    fs::create_dir(&folder).unwrap();
    let config = "[DEFAULT]\nuser=u\ntenancy=t\nfingerprint=f\nregion=us-ashburn-1\nkey_file=~/.oci/key.pem\n\
                  suppress_file_permissions_warning=true\n";
    fs::write(folder.join("config"), config).unwrap();
    let key = include_str!("../data/parity/key.pem");
    fs::write(folder.join("key.pem"), key).unwrap();
    home
}

fn raw_request(home: &Path, url: &str, method: &str, options: &[&str]) -> Run {
    let words = ["raw-request", "--target-uri", url, "--http-method", method];
    let variables = [("OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING", "True")];
    run_at(home, &[&words, options].concat(), &variables)
}

fn plain(url: &str, method: &str, options: &[&str]) -> Run {
    let home = tempfile::tempdir().unwrap();
    raw_request(home.path(), url, method, options)
}

fn header<'r>(request: &'r str, name: &str) -> Option<&'r str> {
    let (head, _) = request.split_once("\r\n\r\n")?;
    head.lines().find_map(|line| {
        let (known, value) = line.split_once(": ")?;
        known.eq_ignore_ascii_case(name).then_some(value)
    })
}

#[test]
fn body_headers_and_status_are_printed() {
    let body = json!({"b": 1, "a": {"dashKey": "ü", "z": [1.0]}});
    let headers = [("x-one", "1"), ("x-one", "2"), ("opc-request-id", "r")];
    for (status, told) in [
        (200, "200 OK"),
        (404, "404 Not Found"),
        (503, "503 Service Unavailable"),
    ] {
        let server = Server::start(vec![response(status, &headers, &body)]);
        let run = plain(&server.url(), "get", &[]);
        let printed = run.succeeded();
        assert_eq!(printed["data"], body);
        assert_eq!(printed["status"], told);
        assert_eq!(printed["headers"]["x-one"], "1, 2");
        assert_eq!(printed["headers"]["opc-request-id"], "r");
        assert_eq!(server.seen().len(), 1, "a status is an answer");
        assert!(
            run.stdout
                .starts_with("{\n  \"data\": {\n    \"a\": {\n      \"dashKey\": \"ü\"")
        );
    }
}

#[test]
fn the_query_is_for_the_data_alone() {
    let server = Server::start(vec![response(200, &[], &json!([1, 2]))]);
    let found =
        |query| plain(&server.url(), "GET", &["--query", query]).succeeded()["data"].clone();
    assert_eq!(found("[0]"), 1);
    assert_eq!(found("nope"), Value::Null);
    let server = Server::start(vec![raw(200, &[], b"no json \xff")]);
    let run = plain(&server.url(), "GET", &["--query", "a"]);
    assert_eq!(run.succeeded()["data"], "no json \u{fffd}");
    let server = Server::start(vec![raw(204, &[], b"")]);
    let printed = plain(&server.url(), "DELETE", &[]).succeeded();
    assert_eq!(
        (&printed["data"], &printed["status"]),
        (&json!(""), &json!("204 No Content"))
    );
}

#[test]
fn every_method_is_sent_and_signed_as_the_official_one_does() {
    let home = home_with_profile();
    const READING: &str = "date (request-target) host";
    const WRITING: &str = "date (request-target) host content-length content-type x-content-sha256";
    for (method, signed) in [
        ("GET", READING),
        ("Head", READING),
        ("delete", READING),
        ("POST", WRITING),
        ("PUT", WRITING),
        ("PATCH", WRITING),
    ] {
        let server = Server::start(vec![raw(200, &[], b"")]);
        raw_request(
            home.path(),
            &format!("{}/a b?x=ü", server.url()),
            method,
            &[],
        )
        .succeeded();
        let seen = server.seen().remove(0);
        let method = method.to_uppercase();
        assert!(
            seen.starts_with(&format!("{method} /a%20b?x=%C3%BC HTTP/1.1\r\n")),
            "{seen}"
        );
        let authorization = header(&seen, "authorization").unwrap();
        assert!(
            authorization.contains(&format!("headers=\"{signed}\",keyId=\"t/u/f\"")),
            "{seen}"
        );
        assert_eq!(header(&seen, "accept"), Some("*/*"));
        assert!(header(&seen, "opc-request-id").is_some_and(|id| id.len() == 32));
    }
}

#[test]
fn bodies_and_headers_are_json_inline_or_from_files() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("body"), "{\"b-c\": 1, \"a\": \"ü\"}").unwrap();
    fs::write(
        home.path().join("headers"),
        "{\"if-match\": \"e\", \"Accept\": \"x/y\"}",
    )
    .unwrap();
    let server = Server::start(vec![raw(200, &[], b"{}")]);
    let options = [
        "--request-body",
        "file://~/body",
        "--request-headers",
        "file://~/headers",
    ];
    raw_request(home.path(), &server.url(), "POST", &options).succeeded();
    let seen = server.seen().remove(0);
    let (_, body) = seen.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body, json!({"a": "ü", "b-c": 1}));
    assert_eq!(
        (header(&seen, "if-match"), header(&seen, "accept")),
        (Some("e"), Some("x/y"))
    );
    assert_eq!(header(&seen, "content-type"), Some("application/json"));
    assert_eq!(
        header(&seen, "authorization"),
        None,
        "there is nothing to sign with"
    );
}

#[test]
fn a_path_alone_is_one_of_the_server() {
    let server = Server::start(vec![raw(200, &[], b"{}")]);
    plain("/20180418/streams", "GET", &["--target", &server.url()]).succeeded();
    assert!(server.seen()[0].starts_with("GET /20180418/streams HTTP/1.1\r\n"));
    let run = plain("/20180418/streams", "GET", &[]);
    assert_eq!(run.status, Some(1));
    assert!(
        run.stderr
            .contains("give the whole address, or with --target URL"),
        "{run:#?}"
    );
}

#[test]
fn redirects_are_shown_and_not_followed() {
    let elsewhere = Server::start(vec![raw(200, &[], b"{}")]);
    let server = Server::start(vec![raw(302, &[("location", &elsewhere.url())], b"")]);
    let printed = plain(&server.url(), "GET", &[]).succeeded();
    assert_eq!(printed["status"], "302 Found");
    assert_eq!(printed["headers"]["location"], elsewhere.url());
    assert_eq!(elsewhere.seen().len(), 0);
}

#[test]
fn what_cannot_be_sent_is_told() {
    let server = Server::start(vec![Act::Silence]);
    let url = server.url();
    let header_break = r#"{"x": "a\r\ny: b"}"#;
    for (uri, method, options, status, told) in [
        (url.as_str(), "TRACE", &[][..], 2, "--http-method"),
        (
            &url,
            "GET",
            &["--output", "table"],
            1,
            "UsageError: The table output format is not supported with this command",
        ),
        (&url, "GET", &["--output", "csv"], 1, "json and yaml"),
        (
            &url,
            "GET",
            &["--endpoint", "http://h"],
            1,
            "UsageError: The --endpoint parameter cannot be specified with this command",
        ),
        (&url, "GET", &["--memory"], 2, "has no use for --memory"),
        (
            &url,
            "POST",
            &["--request-body", "nope"],
            1,
            "Parameter 'request_body' must be in JSON format.",
        ),
        (
            &url,
            "POST",
            &["--request-headers", "[1]"],
            1,
            "--request-headers takes a JSON object",
        ),
        (
            &url,
            "POST",
            &["--request-headers", "{\"n\": 1}"],
            1,
            "the header n",
        ),
        (
            &url,
            "POST",
            &["--request-headers", header_break],
            1,
            "cannot have this value",
        ),
        ("", "GET", &[], 1, "no address"),
        ("ftp://h", "GET", &[], 1, "no address"),
        (
            "http://u:p@h",
            "GET",
            &[],
            1,
            "must not hold a user or a password",
        ),
    ] {
        let run = plain(uri, method, options);
        assert_eq!(
            (run.status, run.stdout.as_str()),
            (Some(status), ""),
            "{run:#?}"
        );
        assert!(run.stderr.contains(told), "{told}: {run:#?}");
    }
    let home = tempfile::tempdir().unwrap();
    for (words, missing) in [
        (&["raw-request"][..], "--target-uri, --http-method."),
        (&["raw-request", "--target-uri", &url], "--http-method."),
    ] {
        let run = run_at(home.path(), words, &[]);
        assert_eq!(run.status, Some(1));
        let told =
            format!("Usage: ocelot raw-request [OPTIONS]\n\nError: Missing option(s) {missing}\n");
        assert_eq!(run.stderr, told);
    }
    assert_eq!(server.seen().len(), 0);
    let run = plain("http://127.0.0.1:1/x", "GET", &["--no-retry"]);
    assert!(
        run.message("RequestException")
            .starts_with("cannot connect to http://127.0.0.1:1")
    );
}

#[test]
fn a_dry_run_needs_no_key_and_shows_no_authorization() {
    let home = home_with_profile();
    fs::remove_file(home.path().join(".oci/key.pem")).unwrap();
    let headers = r#"{"Authorization": "mine", "x": "1"}"#;
    for form in ["--dry-run", "--dry-run=curl"] {
        let run = raw_request(
            home.path(),
            "http://h/p",
            "PATCH",
            &[form, "--request-headers", headers],
        );
        assert_eq!(run.status, Some(0), "{run:#?}");
        assert!(
            run.stdout.contains("PATCH") && run.stdout.contains("http://h/p"),
            "{run:#?}"
        );
        assert!(
            !run.stdout.to_lowercase().contains("authorization"),
            "{run:#?}"
        );
    }
}
