//! `--all` against a server: all or nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::server::{Answer, Lister, serve};

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn pages_become_one_list() {
    let lister = Lister::new(serve(|page| match page {
        "" => Answer::page(r#"[{"name": "a"}]"#, Some("2")),
        "2" => Answer::page("[]", Some("3")),
        _ => Answer::page(r#"[{"name": "b"}]"#, None),
    }));
    let output = lister.run(&["--all", "--output", "TEXT", "--query", "data[].name"]);
    assert_eq!(stderr(&output), "");
    assert_eq!(output.stdout, b"a\nb\n");
    assert_eq!(output.status.code(), Some(0));
    let output = lister.run(&[
        "--limit",
        "1",
        "--output",
        "csv",
        "--query",
        "data[].{Name: name}",
    ]);
    assert_eq!(output.stdout, b"Name\na\n");
    assert!(
        stderr(&output)
            .starts_with("opc-next-page: 2\nWARNING: This operation supports pagination")
    );
}

#[test]
fn nothing_is_printed_when_a_later_page_fails() {
    for last in [
        (404, "NotAuthorizedOrNotFound", "ServiceError:\n"),
        (500, "InternalServerError", "TransientServiceError:\n"),
    ] {
        let (status, code, title) = last;
        let lister = Lister::new(serve(move |page| match page {
            "" => Answer::page(r#"[{"name": "a"}]"#, Some("2")),
            _ => Answer::error(status, code),
        }));
        for format in ["json", "table", "jsonl", "csv", "yaml", "text"] {
            let output = lister.run(&["--all", "--output", format]);
            assert_eq!(output.stdout, b"", "{format}");
            assert!(stderr(&output).starts_with(title), "{}", stderr(&output));
            assert_eq!(output.status.code(), Some(1));
        }
    }
    let lister = Lister::new(serve(|page| match page {
        "" => Answer::page(r#"[{"name": "a"}]"#, Some("2")),
        _ => Answer::page(r#"[{"name": "#, None),
    }));
    let output = lister.run(&["--all"]);
    assert_eq!(output.stdout, b"");
    assert!(
        stderr(&output).contains("it is not JSON"),
        "{}",
        stderr(&output)
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_repeated_page_token_is_an_error() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let lister = Lister::new(serve(move |page| {
        counter.fetch_add(1, Ordering::SeqCst);
        let next = if page == "2" { "3" } else { "2" };
        Answer::page(r#"[{"name": "a"}]"#, Some(next))
    }));
    let output = lister.run(&["--all"]);
    assert_eq!(output.stdout, b"");
    assert!(
        stderr(&output).contains("names the page \"2\" a second time"),
        "{}",
        stderr(&output)
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    // The page that the user begins with counts too.
    let output = lister.run(&["--all", "--page", "3"]);
    assert!(
        stderr(&output).contains("a second time"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let lister = Lister::new(serve(|page| match page {
        "" => Answer::page(
            format!(r#"[{{"name": "{}"}}]"#, "x".repeat(1_000_000)),
            Some("2"),
        ),
        _ => Answer::page("[]", None),
    }));
    for format in ["json", "jsonl", "csv", "yaml", "text"] {
        let mut child = lister
            .command(&["--all", "--output", format])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(stderr(&output), "", "{format}");
        assert_eq!(output.status.code(), Some(0), "{format}");
    }
}

#[test]
fn odd_pages_do_no_harm() {
    let bodies = [
        "{}",
        "null",
        "7",
        r#"{"items": 3}"#,
        r#"[[[]], 7, null, {"name": []}]"#,
    ];
    for first in bodies {
        for second in bodies {
            let lister = Lister::new(serve(move |page| match page {
                "" => Answer::page(first, Some("2")),
                _ => Answer::page(second, None),
            }));
            let output = lister.run(&["--all"]);
            assert_eq!(
                output.status.code(),
                Some(0),
                "{first} {second} {}",
                stderr(&output)
            );
        }
    }
}

#[test]
fn only_a_large_list_needs_a_temporary_file() {
    let text = "x".repeat(1_000_000);
    let large = format!(r#"[{{"name": "a", "freeformTags": {{"text": "{text}"}}}}]"#);
    let lister = Lister::new(serve(move |page| match page.parse().unwrap_or(1) {
        12 => Answer::page("[]", None),
        page => Answer::page(large.clone(), Some(&(page + 1).to_string())),
    }));
    let run = |args: &[&str]| {
        let mut command = lister.command(args);
        command.env("TMPDIR", "/no/such/folder").output().unwrap()
    };
    let output = run(&["--all", "--query", "data[].name", "--output", "csv"]);
    assert_eq!(stderr(&output), "");
    assert_eq!(output.stdout, b"a\n".repeat(11));
    let output = run(&["--all"]);
    assert_eq!(output.stdout, b"");
    let told = stderr(&output);
    assert!(
        told.starts_with("cannot keep the pages of the list in /no/such/folder: "),
        "{told}"
    );
    assert!(
        told.ends_with("Set TMPDIR to a folder with more room.\n"),
        "{told}"
    );
    assert_eq!(output.status.code(), Some(1));
}
