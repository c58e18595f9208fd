//! The guide as a script, and what its output must tell.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use test_support::finish;

/// The compartment that the guide works in.
pub(crate) const COMPARTMENT: &str = "ocid1.compartment.oc1..lab";

/// A file of the tests' data.
pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// What a run of the guide told.
pub(crate) struct Told {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

/// Runs the guide, which must succeed, with the `oci` of a folder and with these variables alone.
pub(crate) fn run<N: AsRef<str>, V: AsRef<str>>(
    bin: &Path,
    variables: impl IntoIterator<Item = (N, V)>,
) -> Told {
    let mut command = Command::new("bash");
    let path = std::env::var("PATH").unwrap();
    command.arg(data("guide.sh")).env_clear();
    for (name, value) in variables {
        command.env(name.as_ref(), value.as_ref());
    }
    command
        .env("PATH", format!("{}:{path}", bin.display()))
        // What is delivered to others gets no further than this machine.
        .env("HTTPS_PROXY", "http://127.0.0.1:9");
    let begun = Instant::now();
    let output = finish(command);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    Told {
        stdout,
        stderr,
        took: begun.elapsed(),
    }
}

impl Told {
    /// The JSON documents among what was printed, in their order.
    fn documents(&self) -> Vec<Value> {
        let mut documents = Vec::new();
        let mut lines = self.stdout.lines();
        while let Some(first) = lines.find(|line| *line == "{") {
            let rest = lines.by_ref().take_while(|line| *line != "}");
            let text: Vec<&str> = std::iter::once(first).chain(rest).chain(["}"]).collect();
            documents.push(serde_json::from_str(&text.join("\n")).unwrap());
        }
        documents
    }

    /// Holds every part of what was printed against what the guide does.
    pub(crate) fn check(&self) {
        assert!(self.stdout.ends_with("== done\n"), "{}", self.stdout);
        self.check_tables();
        self.check_resources();
        self.check_metrics();
    }

    fn check_tables(&self) {
        let tables: Vec<&str> = self.stdout.lines().filter(is_row).collect();
        for row in [
            "| production-events | ACTIVE |",
            "| order-events | 6          |",
            "| True    | instance-state-monitor  | ACTIVE |",
            "| True    | object-upload-processor | ACTIVE |",
            "| oncall-team@example.com ",
            "| https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXX ",
            "| https://events.pagerduty.com/integration/0123456789abcdef/enqueue ",
            "| ocid1.fnfunc.oc1..lab ",
        ] {
            let found = tables.iter().any(|line| line.contains(row));
            assert!(found, "{row}\n{}", self.stdout);
        }
        // Both tables of subscriptions: only a function needs no confirmation.
        let count = |text: &str| tables.iter().filter(|line| line.contains(text)).count();
        assert_eq!(
            (count("PENDING"), count("ORACLE_FUNCTIONS | ACTIVE")),
            (6, 2)
        );
    }

    fn check_resources(&self) {
        let documents = self.documents();
        let all = documents.iter().map(|document| &document["data"]);
        let published = all.clone().filter(|data| data["message-id"].is_string());
        assert_eq!(published.count(), 1, "{}", self.stdout);
        let alarm = all.clone().find(|data| data["severity"] == "CRITICAL");
        let alarm = alarm.unwrap();
        assert_eq!(alarm["display-name"], "High Consumer Lag");
        assert_eq!(alarm["metric-compartment-id"], COMPARTMENT);
        assert_eq!(alarm["pending-duration"], "PT5M");
        let got = all.clone().filter_map(|data| data.get(0));
        let got: Vec<&Value> = got.filter(|one| one["value"].is_string()).collect();
        assert_eq!(got.len(), 1, "{}", self.stdout);
        // printf ORD-2026-0001 | base64
        assert_eq!(got[0]["key"], "T1JELTIwMjYtMDAwMQ==");
        let stats = all.clone().find(|data| data["dlq"].is_object()).unwrap();
        for field in ["visible-messages", "in-flight-messages"] {
            assert_eq!(stats["queue"][field], 0, "{stats}");
        }
    }

    /// The metrics count what the guide did before it asked for them, as its own output tells.
    fn check_metrics(&self) {
        let documents = self.documents();
        let entries = documents
            .iter()
            .map(|document| &document["data"]["entries"]);
        let put: usize = entries
            .filter_map(|entries| Some(entries.as_array()?.len()))
            .sum();
        let gets = documents
            .iter()
            .filter(|one| one["opc-next-cursor"].is_string());
        let gets = gets.count();
        assert_eq!((put, gets), (1, 6), "{}", self.stdout);
        // A rate is of a second; its points are of a minute each.
        let measured = 60.0 * self.sum("PutMessages");
        assert!((measured - put as f64).abs() < 1e-9, "{measured} of {put}");
        assert_eq!(self.sum("GetMessages"), gets as f64);
        // Nothing happened yet that the rule waits for.
        assert_eq!(self.sum("EventsDelivered"), 0.0);
    }

    /// The sum of what a metric that the guide asked for shows: time may have begun another interval in between.
    fn sum(&self, metric: &str) -> f64 {
        let documents = self.documents();
        let series = documents.iter().filter_map(|one| one["data"].get(0));
        let series = series.filter(|one| one["name"] == metric);
        series.map(sum_of).sum()
    }
}

fn is_row(line: &&str) -> bool {
    line.starts_with('|')
}

/// The sum of a series' values.
pub(crate) fn sum_of(series: &Value) -> f64 {
    let points = series["aggregated-datapoints"].as_array().unwrap().iter();
    points.map(|point| point["value"].as_f64().unwrap()).sum()
}
