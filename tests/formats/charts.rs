//! `--output chart`: each shape of data beside a drawing of it, and who draws none.
//!
//! The drawings are files in `charts/`. With `OCELOT_REDRAW` set they are written anew, to be looked at.

use std::f64::consts::PI;
use std::path::Path;
use std::process::{Command, Output};
use std::{env, fs};

use ocelot::output::{self, Canvas, Format, OutputError, Style};
use serde_json::{Value, json};

const ASCII: Canvas = Canvas {
    width: 80,
    height: 20,
    is_ascii: true,
    has_colors: false,
};

fn draw_on(canvas: Canvas, data: Value, query: Option<&str>) -> Result<String, OutputError> {
    let format = Format {
        canvas,
        ..Format::new(Style::Chart, query, false).unwrap()
    };
    let printed = output::envelope(data, &format)?;
    assert_eq!(printed.stderr, "");
    Ok(printed.stdout)
}

fn draw(canvas: Canvas, data: Value) -> String {
    draw_on(canvas, data, None).unwrap()
}

/// Compares text with the drawing of this name.
fn compare(name: &str, text: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/charts");
    let file = folder.join(format!("{name}.txt"));
    if env::var_os("OCELOT_REDRAW").is_some() {
        fs::write(&file, text).unwrap();
    }
    let drawing = fs::read_to_string(&file).unwrap();
    assert_eq!(text, drawing, "{name}\n{text}");
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{name}: {widest:?}");
}

/// A metric with a value a minute from noon on; `None` is a minute without one.
fn metric(dimensions: Value, values: impl IntoIterator<Item = Option<f64>>) -> Value {
    let points = values.into_iter().enumerate();
    let points: Vec<Value> = points
        .filter_map(|(minute, value)| {
            let (hour, minute) = (12 + minute / 60, minute % 60);
            Some(json!({"timestamp": format!("2026-03-14T{hour}:{minute:02}:00+00:00"), "value": value?}))
        })
        .collect();
    json!({
        "name": "orders", "namespace": "shop", "dimensions": dimensions, "metadata": {"unit": "count"},
        "resolution": "1m", "aggregated-datapoints": points,
    })
}

/// A wave of two hours around a value.
fn wave(middle: f64, height: f64, shift: f64) -> impl Iterator<Item = Option<f64>> {
    (0..120)
        .map(move |minute| Some(middle + height * (PI * f64::from(minute) / 30.0 + shift).sin()))
}

#[test]
fn one_series_with_a_gap() {
    let values = wave(50.0, 30.0, 0.0).enumerate();
    let values = values.map(|(minute, value)| value.filter(|_| !(40..55).contains(&minute)));
    let data = json!([metric(json!({"site": "berlin"}), values)]);
    compare("one", &draw(Canvas::default(), data.clone()));
    compare("one-ascii", &draw(ASCII, data.clone()));
    let wide = Canvas {
        width: 60,
        height: 12,
        ..Canvas::default()
    };
    compare("one-small", &draw(wide, data));
}

#[test]
fn several_series() {
    let data = json!([
        metric(json!({"site": "berlin"}), wave(60.0, 30.0, 0.0)),
        metric(json!({"site": "paris", "shop": 2}), wave(40.0, 20.0, 2.0)),
        metric(json!({"site": "rome"}), []),
    ]);
    compare("several", &draw(Canvas::default(), data.clone()));
    compare("several-ascii", &draw(ASCII, data.clone()));
    let colored = draw(
        Canvas {
            has_colors: true,
            ..Canvas::default()
        },
        data.clone(),
    );
    // With colors, braille tells them apart.
    let paris = "\n\u{1b}[33m•\u{1b}[0m shop=2 site=paris";
    assert!(
        colored.contains(paris) && colored.contains("⠤"),
        "{colored}"
    );
    assert!(!colored.contains('▲'), "{colored}");
    let one = draw_on(Canvas::default(), data, Some("data[0]")).unwrap();
    assert!(one.contains("• site=berlin  min 30, max 90"), "{one}");
    assert!(!one.contains("paris"), "{one}");
}

#[test]
fn nothing_to_draw() {
    let nothing = "There are no data points to draw.\n";
    assert_eq!(draw(Canvas::default(), json!([])), nothing);
    let data = json!([metric(json!({}), [None])]);
    assert_eq!(draw(Canvas::default(), data), nothing);
    for data in [json!("text"), json!([{"name": "orders"}]), json!([1])] {
        let error = draw_on(Canvas::default(), data, None).unwrap_err();
        let told = error.to_string();
        assert!(told.contains("choose another format"), "{told}");
    }
    let mut data = json!([metric(json!({}), [Some(1.0)])]);
    data[0]["aggregated-datapoints"][0]["timestamp"] = json!("noon");
    let error = draw_on(Canvas::default(), data, None).unwrap_err();
    assert!(error.to_string().contains("\"noon\" is no time"), "{error}");
}

#[test]
fn a_single_point() {
    let data = json!([metric(json!({}), [Some(42.0)])]);
    compare("point", &draw(Canvas::default(), data));
}

#[test]
fn negative_values() {
    let data = json!([metric(json!({}), wave(-5.0, 15.0, 0.0))]);
    compare("negative", &draw(Canvas::default(), data));
}

#[test]
fn huge_and_tiny_numbers() {
    let data = json!([metric(json!({}), wave(4.5e15, 4e15, 0.0))]);
    compare("huge", &draw(Canvas::default(), data));
    for values in [
        [1e308, -1e308],
        [f64::MAX, f64::MIN],
        [5e-324, 0.0],
        [1e-12, 3e-12],
        [1e22, 1e23],
        [1e15, 1e15 + 1.0],
    ] {
        let data = json!([metric(json!({}), values.map(Some))]);
        let text = draw(ASCII, data);
        assert!(text.contains('*') && text.is_ascii(), "{text}");
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        assert_eq!(text.lines().count(), 20, "{text}");
    }
}

#[test]
fn long_and_many_names() {
    let long = metric(
        json!({"resourceId": format!("ocid1.stream.oc1..{}", "x".repeat(90))}),
        wave(5.0, 1.0, 0.0),
    );
    let mut all = vec![long];
    for number in 0..11 {
        let dimensions = json!({"partition": number.to_string()});
        all.push(metric(dimensions, wave(f64::from(number), 0.0, 0.0)));
    }
    all[1]["name"] = json!("returns");
    compare("names", &draw(Canvas::default(), json!(all)));
    // However small the terminal, something is seen.
    let tiny = Canvas {
        width: 1,
        height: 0,
        ..Canvas::default()
    };
    let text = draw(tiny, json!(all));
    assert!(text.contains('●'), "{text}");
}

#[test]
fn long_times() {
    for (first, last) in [
        ("2026-03-14T12:00:00Z", "2026-03-14T12:00:20Z"),
        ("2026-03-01T00:00:00Z", "2026-03-20T00:00:00Z"),
        ("1970-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("-009999-01-02T01:59:59Z", "9999-12-30T22:00:00Z"),
    ] {
        let mut data = json!([metric(json!({}), [Some(1.0), Some(2.0)])]);
        data[0]["aggregated-datapoints"][0]["timestamp"] = json!(first);
        data[0]["aggregated-datapoints"][1]["timestamp"] = json!(last);
        let text = draw(ASCII, data);
        let labels = text.lines().nth_back(2).unwrap();
        assert!(labels.split_whitespace().count() > 1, "{text}");
    }
}

fn program(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ocelot"));
    command.env_clear().env("HOME", home).args(args);
    command
}

fn run(home: &Path, args: &[&str]) -> Output {
    program(home, args).output().unwrap()
}

const SUMMARIZE: [&str; 9] = [
    "monitoring",
    "metric-data",
    "summarize-metrics-data",
    "--compartment-id",
    "c",
    "--namespace",
    "shop",
    "--query-text",
    "orders[1m].sum()",
];

#[test]
fn the_program_draws_what_the_engine_answers() {
    let home = tempfile::tempdir().unwrap();
    let clock = ["local", "clock", "set", "2026-03-14T13:00:00Z", "--frozen"];
    assert!(run(home.path(), &clock).status.success());
    let chart = |more: &[&str]| {
        let output = run(home.path(), &[&SUMMARIZE, more].concat());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(
        chart(&["--output", "chart"]),
        "There are no data points to draw.\n"
    );
    let points: Vec<Value> = (0..60)
        .map(|minute| json!({"timestamp": format!("2026-03-14T12:{minute:02}:30Z"), "value": minute}))
        .collect();
    let metrics = json!([{
        "namespace": "shop", "name": "orders", "compartmentId": "c", "dimensions": {"site": "berlin"},
        "metadata": {"unit": "count"}, "datapoints": points,
    }]);
    let post = [
        "monitoring",
        "metric-data",
        "post",
        "--metric-data",
        &metrics.to_string(),
    ];
    assert!(run(home.path(), &post).status.success());
    compare("engine", &chart(&["--output", "chart"]));
    compare("engine-ascii", &chart(&["--output", "chart", "--ascii"]));
    for (wanted, columns) in [("60", 60), ("wide", 80)] {
        let mut command = program(
            home.path(),
            &[&SUMMARIZE[..], &["--output", "chart"]].concat(),
        );
        let output = command.env("COLUMNS", wanted).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert_eq!(widest, Some(columns), "COLUMNS={wanted}");
    }
}

#[test]
fn what_is_no_chart_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let refused = |args: &[&str], reason: &str| {
        let output = run(home.path(), args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}\n{stderr}");
        assert_eq!(output.stdout, b"", "{args:?}");
        assert!(stderr.contains(reason), "{stderr}");
    };
    let alone = "summarize-metrics-data alone";
    for line in [
        "--output chart streaming admin stream list --compartment-id c",
        "--output chart streaming admin stream list --compartment-id c --all",
        "--output CHART local status",
    ] {
        refused(&line.split(' ').collect::<Vec<_>>(), alone);
    }
    refused(&[&SUMMARIZE[..], &["--ascii"]].concat(), "--output chart");
    let of_table = [&SUMMARIZE[..], &["--ascii", "--output", "table"]].concat();
    refused(&of_table, "--output chart");
}
