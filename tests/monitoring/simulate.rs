//! `ocelot monitoring alarm simulate`: timelines reckoned by hand, and files that are wrong.

use serde_json::{Value, json};
use test_support::{PATIENCE, Program};

use crate::support::{array, text};

/// A home with an alarm named `busy` that tells a topic.
struct Simulator {
    program: Program,
}

impl Simulator {
    /// The options of the alarm are added to those that all have.
    fn new(query: &str, options: &str) -> Self {
        let program = Program::new();
        program.data("local clock set 2026-03-14T01:00:00Z --frozen");
        let topic = program.data("ons topic create --compartment-id c --name alerts");
        let destinations = json!([topic["topic-id"]]);
        program.data(&format!(
            "monitoring alarm create --compartment-id c --namespace shop --severity WARNING --is-enabled true \
             --display-name busy --query-text '{query}' --destinations '{destinations}' {options}"
        ));
        Self { program }
    }

    fn line(&self, csv: &str, options: &str) -> String {
        let file = self.program.write("points.csv", csv);
        format!("monitoring alarm simulate --alarm-id busy --data {file} {options}")
    }

    fn told(&self, csv: &str, options: &str) -> Value {
        self.program.data(&self.line(csv, options))
    }

    /// The entries of a timeline in short: time, type, how it stood and stands, streams, and outcomes.
    fn timeline(&self, csv: &str) -> Vec<Value> {
        let told = self.told(csv, "");
        array(&told["timeline"]).iter().map(short).collect()
    }

    fn fails(&self, csv: &str) -> String {
        let told = self.program.fails(&self.line(csv, ""), 1);
        let folder = format!("{}/", self.program.folder().display());
        told.replace(&folder, "").trim_end().to_owned()
    }
}

fn short(entry: &Value) -> Value {
    let streams = array(&entry["streams"]);
    let streams = streams.iter().map(|stream| {
        let host = stream["dimensions"]["host"].as_str().unwrap_or("-");
        format!("{host} {}", stream["value"])
    });
    let outcomes = array(&entry["notifications"]);
    let outcomes = outcomes.iter().map(|one| text(&one["outcome"]).to_owned());
    json!([
        &text(&entry["timestamp"])[11..16],
        entry["type"],
        format!("{} -> {}", text(&entry["from"]), text(&entry["to"])),
        streams.collect::<Vec<_>>().join(", "),
        outcomes.collect::<Vec<_>>().join(", "),
    ])
}

/// A file of a host's values: minutes after one o'clock, and values.
fn csv(points: &[(i64, &str, f64)]) -> String {
    let lines = points
        .iter()
        .map(|(minute, host, value)| format!("2026-03-14T01:{minute:02}:00Z,{value},{host}\n"));
    "timestamp,value,host\n".to_owned() + &lines.collect::<String>()
}

#[test]
fn it_waits_for_the_pending_time_and_ends_at_once() {
    let simulator = Simulator::new("cpu[1m].max() > 80", "--pending-duration PT3M");
    let points = csv(&[
        (1, "a", 90.0),
        (2, "a", 91.0),
        // What is silent in between begins anew.
        (4, "a", 92.0),
        (5, "a", 93.0),
        (6, "a", 94.0),
        (7, "a", 10.0),
    ]);
    let expected = [
        json!(["01:09", "OK_TO_FIRING", "OK -> FIRING", "a 94.0", "SENT"]),
        json!(["01:10", "FIRING_TO_OK", "FIRING -> OK", "a 10.0", "SENT"]),
    ];
    assert_eq!(simulator.timeline(&points), expected);
    let told = simulator.told(&points, "");
    assert_eq!(told["display-name"], "busy");
    assert_eq!(told["points"], 6);
    assert_eq!(told["from"], "2026-03-14T01:04:00.000Z");
    assert_eq!(told["status"], "OK");
    assert_eq!(
        told["notifications"],
        json!({"sent": 2, "suppressed": 0, "dropped": 0})
    );
    let first = &told["timeline"][0];
    assert_eq!(first["timestamp-triggered"], "2026-03-14T01:06:00.000Z");
    assert_eq!(first["reason"], "cpu[1m].max() > 80 held for 3 minutes");
    assert_eq!(first["severity"], "WARNING");
    // Nothing is stored: the alarm itself knows of no point.
    simulator.program.data("local clock advance 1h");
    let history = "monitoring alarm-history-collection get-alarm-history --alarm-id busy \
                   --alarm-historytype STATE_TRANSITION_HISTORY";
    assert_eq!(simulator.program.data(history)["entries"], json!([]));
    let metrics = simulator
        .program
        .data("monitoring metric list --compartment-id c --namespace shop");
    assert_eq!(metrics, Value::Null);
}

#[test]
fn it_repeats_until_silence_resets_it() {
    let simulator = Simulator::new("cpu[1m].max() > 80", "--repeat-notification-duration PT4M");
    // Reset ten minutes after the last value.
    let expected = [
        json!(["01:04", "OK_TO_FIRING", "OK -> FIRING", "a 90.0", "SENT"]),
        json!(["01:08", "REPEAT", "FIRING -> FIRING", "a 90.0", "SENT"]),
        json!(["01:12", "REPEAT", "FIRING -> FIRING", "a 90.0", "SENT"]),
        json!(["01:14", "RESET", "FIRING -> OK", "a null", "SENT"]),
    ];
    assert_eq!(simulator.timeline(&csv(&[(1, "a", 90.0)])), expected);
    // Who ends it before that sees it fire still.
    let told = simulator.told(&csv(&[(1, "a", 90.0)]), "--until 2026-03-14T01:08:30Z");
    assert_eq!(told["status"], "FIRING");
    assert_eq!(told["until"], "2026-03-14T01:08:00.000Z");
    assert_eq!(array(&told["timeline"]).len(), 2);
}

#[test]
fn what_is_suppressed_is_told_and_not_sent() {
    let simulator = Simulator::new(
        "cpu[1m].max() > 80",
        "--repeat-notification-duration PT1M --suppression \
         '{\"timeSuppressFrom\": \"2026-03-14T01:06:00Z\", \"timeSuppressUntil\": \"2026-03-14T01:08:00Z\"}'",
    );
    let points: Vec<_> = (1..=5).map(|minute| (minute, "a", 90.0)).collect();
    let mut points = csv(&points);
    points += "2026-03-14T01:06:00Z,1,a\n";
    let repeat = |time, outcome| json!([time, "REPEAT", "FIRING -> FIRING", "a 90.0", outcome]);
    let expected = [
        json!(["01:04", "OK_TO_FIRING", "OK -> FIRING", "a 90.0", "SENT"]),
        repeat("01:05", "SENT"),
        repeat("01:06", "SUPPRESSED"),
        repeat("01:07", "SUPPRESSED"),
        repeat("01:08", "SENT"),
        json!(["01:09", "FIRING_TO_OK", "FIRING -> OK", "a 1.0", "SENT"]),
    ];
    assert_eq!(simulator.timeline(&points), expected);

    // A suppression of its own kind, of some streams: they are left out of what is told of several.
    let alarm = simulator
        .program
        .data("monitoring alarm get --alarm-id busy");
    let target = json!({"targetType": "ALARM", "alarmId": alarm["id"]});
    simulator.program.data(&format!(
        "monitoring alarm-suppression create --display-name repair --alarm-suppression-target '{target}' \
         --dimensions '{{\"host\": \"a\"}}' --time-suppress-from 2026-03-14T00:00:00Z \
         --time-suppress-until 2026-03-14T01:05:00Z"
    ));
    let told = simulator.told(&csv(&[(1, "a", 90.0), (1, "b", 90.0)]), "");
    let first = &told["timeline"][0]["notifications"][0];
    assert_eq!(first["outcome"], "SENT");
    assert_eq!(first["streams-suppressed"], 1);
    let alone = csv(&[(1, "a", 90.0), (2, "a", 1.0)]);
    let outcomes: Vec<Value> = simulator
        .timeline(&alone)
        .iter()
        .map(|one| one[4].clone())
        .collect();
    assert_eq!(outcomes, ["SUPPRESSED", "SENT"]);
}

#[test]
fn split_streams_have_their_own_entries() {
    let simulator = Simulator::new(
        "cpu[1m].max() > 80",
        "--is-notifications-per-metric-dimension-enabled true",
    );
    let points = csv(&[
        (1, "a", 90.0),
        (1, "b", 91.0),
        (1, "c", 1.0),
        (2, "a", 92.0),
        (2, "b", 2.0),
        (3, "a", 3.0),
    ]);
    let expected = [
        json!(["01:04", "OK_TO_FIRING", "OK -> FIRING", "a 90.0", "SENT"]),
        json!(["01:04", "OK_TO_FIRING", "OK -> FIRING", "b 91.0", "SENT"]),
        json!(["01:05", "FIRING_TO_OK", "FIRING -> OK", "b 2.0", "SENT"]),
        json!(["01:06", "FIRING_TO_OK", "FIRING -> OK", "a 3.0", "SENT"]),
    ];
    assert_eq!(simulator.timeline(&points), expected);
    let told = simulator.told(&points, "");
    let alarm: Vec<Value> = array(&told["timeline"])
        .iter()
        .map(|entry| json!([entry["alarm-status"], entry["streams-firing"]]))
        .collect();
    let expected = [
        json!(["FIRING", 2]),
        json!(["FIRING", 2]),
        json!(["FIRING", 1]),
        json!(["OK", 0]),
    ];
    assert_eq!(alarm, expected);
}

#[test]
fn no_more_messages_are_sent_at_once_than_the_service_sends() {
    let simulator = Simulator::new(
        "cpu[1m].max() > 80",
        "--is-notifications-per-metric-dimension-enabled true",
    );
    let hosts: Vec<String> = (0..110).map(|number| format!("h{number:03}")).collect();
    let points: Vec<_> = hosts.iter().map(|host| (1, host.as_str(), 90.0)).collect();
    let told = simulator.told(&csv(&points), "--until 2026-03-14T01:05:00Z");
    assert_eq!(
        told["notifications"],
        json!({"sent": 60, "suppressed": 0, "dropped": 50})
    );
}

#[test]
fn absence_fires_and_is_reset_after_its_time() {
    let simulator = Simulator::new("cpu[1m].absent(20m)", "--pending-duration PT5M");
    // Absent from the second minute on, for five minutes at the sixth; nothing is told from the 22nd on, which makes
    // ten minutes at the 31st.
    let expected = [
        json!(["01:09", "OK_TO_FIRING", "OK -> FIRING", "a 1.0", "SENT"]),
        json!(["01:34", "RESET", "FIRING -> OK", "a null", "SENT"]),
    ];
    assert_eq!(simulator.timeline(&csv(&[(1, "a", 90.0)])), expected);
    // A value in between ends it.
    let expected = [
        json!(["01:09", "OK_TO_FIRING", "OK -> FIRING", "a 1.0", "SENT"]),
        json!(["01:13", "FIRING_TO_OK", "FIRING -> OK", "a 0.0", "SENT"]),
    ];
    let timeline = simulator.timeline(&csv(&[(1, "a", 90.0), (10, "a", 5.0)]));
    assert_eq!(timeline[..2], expected);
}

#[test]
fn the_first_override_that_fires_wins() {
    let simulator = Simulator::new(
        "cpu[1m].max() > 80",
        "--overrides '[{\"ruleName\": \"worse\", \"query\": \"cpu[1m].max() > 95\", \"severity\": \"CRITICAL\"}]'",
    );
    let told = simulator.told(&csv(&[(1, "a", 90.0), (2, "a", 99.0), (3, "a", 1.0)]), "");
    let rules: Vec<Value> = array(&told["timeline"])
        .iter()
        .map(|entry| {
            json!([
                entry["rule-name"],
                entry["severity"],
                entry["from"],
                entry["reason"]
            ])
        })
        .collect();
    let expected = [
        json!([
            "BASE",
            "WARNING",
            "OK",
            "cpu[1m].max() > 80 held for 1 minute"
        ]),
        json!([
            "worse",
            "CRITICAL",
            "FIRING",
            "rule worse fires: cpu[1m].max() > 95"
        ]),
        json!([
            "worse",
            "CRITICAL",
            "FIRING",
            "cpu[1m].max() > 95 does not hold any longer"
        ]),
    ];
    assert_eq!(rules, expected);
}

#[test]
fn files_are_taken_as_people_have_them() {
    let simulator = Simulator::new("cpu[1m].sum() > 80 && memory[1m].max() > 50", "");
    let told = |csv: &str| {
        let line = simulator.line(csv, "");
        let (data, note) = simulator.program.told(&line);
        (
            array(&data["timeline"])
                .iter()
                .map(short)
                .collect::<Vec<_>>(),
            note,
        )
    };
    let fires = json!(["01:04", "OK_TO_FIRING", "OK -> FIRING", "a 82.0", "SENT"]);
    // Columns in any order, seconds since 1970, other offsets, counts, blanks, a byte order mark, and any order of lines.
    let (timeline, note) = told(
        "\u{feff}host, metric, count, value, timestamp\r\n\
         a, MEMORY, , 60, 2026-03-14T02:01:00+01:00\r\n\
         a, cpu, 2, 41, 1773450060\r\n\
         a, disk, 1, 1, 1773450060000\r\n",
    );
    assert_eq!(timeline[0], fires);
    assert_eq!(
        note,
        "Note: 1 points are of other metrics than the alarm's, cpu, memory.\n"
    );
    let (timeline, note) = told("timestamp,metric,value\n1773450060,cpu,1\n1773450060,memory,1\n");
    assert_eq!(timeline, [Value::Null; 0]);
    assert_eq!(note, "");
    let (_, note) = told("timestamp,metric,value\n1773450060,cpu,1\n");
    assert_eq!(
        note,
        "Note: no point came to a value of the alarm's query.\n"
    );

    // From standard input, in rows, with the alarm off.
    simulator
        .program
        .data("monitoring alarm update --alarm-id busy --is-enabled false --force");
    let command = simulator
        .program
        .command("monitoring alarm simulate --alarm-id busy --data - --output table");
    let output = assert_cmd::Command::from_std(command)
        .write_stdin("timestamp,metric,value,host\n1773450060,cpu,90,a\n1773450060,memory,90,a\n")
        .timeout(PATIENCE)
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("| topic SENT "), "{stdout}");
    assert!(stdout.contains("| host=a: 90 "), "{stdout}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("Note: the alarm is off"), "{stderr}");
    assert!(
        stderr.contains("2 points, evaluated from 2026-03-14T01:04:00.000Z to"),
        "{stderr}"
    );
    assert!(
        stderr.contains("2 notifications sent, 0 suppressed, 0 dropped."),
        "{stderr}"
    );
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_place() {
    let simulator = Simulator::new("cpu[1m].max() > 80", "");
    let long = format!(
        "timestamp,value,host\n1773450060,1,\"{}",
        "x".repeat(2_000_000)
    );
    let name = "n".repeat(513);
    let dimension = format!("timestamp,value,host\n1773450060,1,{name}\n");
    for (csv, told) in [
        (
            "",
            "line 1: there is no column timestamp: the first line names the columns, as timestamp,value,host",
        ),
        (
            "timestamp,host\n",
            "line 1: there is no column value: the first line names the columns, as timestamp,value,host",
        ),
        (
            "timestamp,value,value\n",
            "line 1: there are two columns value",
        ),
        (
            "timestamp,value,my host\n",
            "line 1: a dimension's key must be 1 to 256 printable ASCII characters without blanks, not \"my host\"",
        ),
        (
            "timestamp,value\n1773450060,1\n\nnoon,2\n",
            "line 4, column timestamp: \"noon\" is no time: give it as \
                                                 2026-03-14T01:02:03Z, or in seconds since 1970",
        ),
        (
            "timestamp,value\r\n1773450060,1\r\n\r\n1773450060,many",
            "line 4, column value: \"many\" is no number",
        ),
        (
            "timestamp,value\n1773450060,NaN\n",
            "line 2, column value: \"NaN\" is no number",
        ),
        (
            "timestamp,value\n1773450060,\n",
            "line 2, column value: \"\" is no number",
        ),
        (
            "timestamp,value,count\n1773450060,1,0\n",
            "line 2, column count: \"0\" is no whole number above 0",
        ),
        (
            "timestamp,value,metric\n1773450060,1,\n",
            "line 2, column metric: no metric is named",
        ),
        (
            "timestamp,value,host\n1773450060,1\n",
            "line 2: there are 2 cells, and 3 columns",
        ),
        (
            &dimension,
            "line 2, column host: the value of dimension host must have 1 to 512 characters",
        ),
        (
            &long,
            "line 2: a line is longer than 1048576 bytes: is a quotation mark left open?",
        ),
    ] {
        assert_eq!(
            simulator.fails(csv),
            format!("UsageError: points.csv, {told}"),
            "{csv:.60}"
        );
    }
    let empty = "UsageError: points.csv has no points: after the line that names the columns, each line is one";
    assert_eq!(simulator.fails("timestamp,value\n"), empty);
    let rows = simulator.line("timestamp,value\n", "--show-messages --output table");
    assert!(simulator.program.fails(&rows, 2).contains("--output json"));
    let missing = simulator.program.fails(
        "monitoring alarm simulate --alarm-id busy --data none.csv",
        1,
    );
    assert!(
        missing.starts_with("Error: cannot read none.csv: No such file"),
        "{missing}"
    );
    let unknown = simulator.program.fails(
        "monitoring alarm simulate --alarm-id quiet --data none.csv",
        1,
    );
    assert!(unknown.contains("Unknown alarm quiet"), "{unknown}");

    let simulator = Simulator::new("cpu[1m].max() > 80 && memory[1m].max() > 50", "");
    assert_eq!(
        simulator.fails("timestamp,value\n"),
        "UsageError: points.csv, line 1: the alarm watches cpu, memory: a column metric has to say which of them a \
         point is of"
    );
}

#[test]
fn an_alarm_of_a_server_is_simulated_here() {
    let simulator = Simulator::new("cpu[1m].max() > 80", "");
    let alarm = simulator
        .program
        .data("monitoring alarm get --alarm-id busy");
    let here = simulator.told(&csv(&[(1, "a", 90.0)]), "");
    let server = simulator.program.serve("--log error");
    let file = simulator
        .program
        .write("points.csv", &csv(&[(1, "a", 90.0)]));
    let there = simulator.program.data(&format!(
        "monitoring alarm simulate --alarm-id {} --data {file} --endpoint {}",
        text(&alarm["id"]),
        server.url()
    ));
    assert_eq!(there, here);
}
