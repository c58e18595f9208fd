//! The text of each format, literally.

use ocelot::api::operation::Operation;
use ocelot::api::{OperationId, queue::Queue, streaming::Streaming};
use ocelot::call::Reply;
use ocelot::output::{self, Format, OutputError, Pages, Printed, Style};
use serde_json::{Value, json};

const NEW: [Style; 4] = [Style::Jsonl, Style::Csv, Style::Yaml, Style::Text];

fn print(data: Value, style: Style, query: Option<&str>) -> Printed {
    let format = Format::new(style, query, false).unwrap();
    output::envelope(data, &format).unwrap()
}

fn stdout(data: &Value, style: Style, query: &str) -> String {
    let printed = print(
        data.clone(),
        style,
        Some(query).filter(|query| !query.is_empty()),
    );
    assert_eq!(printed.stderr, "");
    printed.stdout
}

fn streams() -> Value {
    json!([
        {"name": "orders", "size": 3, "on": true, "note": null, "tags": {"b": 1, "a": "x,\"y\""}},
        {"name": "two\nlines\tand a tab", "size": 0.5, "on": false, "extra": "-"},
    ])
}

#[test]
fn jsonl_is_a_document_a_line() {
    assert_eq!(
        stdout(&streams(), Style::Jsonl, ""),
        r#"{"name":"orders","note":null,"on":true,"size":3,"tags":{"a":"x,\"y\"","b":1}}
{"extra":"-","name":"two\nlines\tand a tab","on":false,"size":0.5}
"#
    );
    assert_eq!(
        stdout(&json!({"items": [1, "two"]}), Style::Jsonl, ""),
        "1\n\"two\"\n"
    );
    assert_eq!(stdout(&json!({"id": 1}), Style::Jsonl, ""), "{\"id\":1}\n");
    assert_eq!(stdout(&json!("id-0"), Style::Jsonl, ""), "\"id-0\"\n");
    assert_eq!(stdout(&json!([]), Style::Jsonl, ""), "");
    assert_eq!(
        stdout(&streams(), Style::Jsonl, "data[].name"),
        "\"orders\"\n\"two\\nlines\\tand a tab\"\n"
    );
    assert_eq!(stdout(&streams(), Style::Jsonl, "length(data)"), "2\n");
}

#[test]
fn csv_has_a_header_where_columns_have_names() {
    assert_eq!(
        stdout(&streams(), Style::Csv, ""),
        "extra,name,note,on,size,tags\n\
         ,orders,,true,3,\"{\"\"a\"\":\"\"x,\\\"\"y\\\"\"\"\",\"\"b\"\":1}\"\n\
         -,\"two\nlines\tand a tab\",,false,0.5,\n"
    );
    assert_eq!(
        stdout(&json!({"b": "1,5", "a": null}), Style::Csv, ""),
        "a,b\n,\"1,5\"\n"
    );
    assert_eq!(
        stdout(&streams(), Style::Csv, "data[].[name, size]"),
        "orders,3\n\"two\nlines\tand a tab\",0.5\n"
    );
    assert_eq!(
        stdout(&json!([[1, 2, null], ["x"]]), Style::Csv, ""),
        "1,2,\nx,,\n"
    );
    assert_eq!(
        stdout(&json!(["a", "=1+1", "b\"c"]), Style::Csv, ""),
        "a\n=1+1\n\"b\"\"c\"\n"
    );
    assert_eq!(
        stdout(&json!([1, {"a": [2]}, null]), Style::Csv, ""),
        "1\n\"{\"\"a\"\":[2]}\"\n\"\"\n"
    );
    assert_eq!(stdout(&json!("id-0"), Style::Csv, ""), "id-0\n");
    assert_eq!(stdout(&json!([]), Style::Csv, ""), "");
}

#[test]
fn text_is_bare() {
    assert_eq!(
        stdout(&streams(), Style::Text, ""),
        "\torders\t\ttrue\t3\t{\"a\":\"x,\\\"y\\\"\",\"b\":1}\n\
         -\ttwo\\nlines\\tand a tab\t\tfalse\t0.5\t\n"
    );
    assert_eq!(
        stdout(&json!(["a", null, 1.0, true]), Style::Text, ""),
        "a\n\n1.0\ntrue\n"
    );
    assert_eq!(stdout(&streams(), Style::Text, "data[0].name"), "orders\n");
    assert_eq!(
        stdout(&streams(), Style::Text, "data[].[size, name]"),
        "3\torders\n0.5\ttwo\\nlines\\tand a tab\n"
    );
    assert_eq!(
        stdout(&json!([1, [2, 3], {"a": 4}]), Style::Text, ""),
        "1\n2\t3\n4\n"
    );
    assert_eq!(stdout(&json!([]), Style::Text, ""), "");
}

#[test]
fn yaml_is_the_document_of_json() {
    let data = json!([
        {"name": "on", "at": "2026-03-14T01:02:03+00:00", "count": "007", "text": "a: b # c"},
        {"name": "ünï ☃", "lines": "one\ntwo\n", "empty": "", "null": "null", "list": [], "map": {}},
        {"numbers": [1, 2.0, 1e300, -0.5, null, true], "nested": [[1], {"a": {"b": "~"}}]},
    ]);
    assert_eq!(
        stdout(&data, Style::Yaml, ""),
        r#"data:
- at: "2026-03-14T01:02:03+00:00"
  count: "007"
  name: "on"
  text: "a: b # c"
- empty: ""
  lines: |
    one
    two
  list: []
  map: {}
  name: ünï ☃
  "null": "null"
- nested:
  - - 1
  - a:
      b: "~"
  numbers:
  - 1
  - 2.0
  - 1.0e+300
  - -0.5
  - null
  - true
"#
    );
    assert_eq!(stdout(&json!([{"a": 1}]), Style::Yaml, "data[0].a"), "1\n");
}

#[test]
fn keys_are_listed_as_the_query_writes_them() {
    let query = "data[].{Name: name, Active: on, Inner: {z: size, a: name}}";
    let data = json!([{"name": "orders", "size": 3, "on": true}]);
    assert_eq!(
        stdout(&data, Style::Jsonl, query),
        "{\"Name\":\"orders\",\"Active\":true,\"Inner\":{\"z\":3,\"a\":\"orders\"}}\n"
    );
    assert_eq!(
        stdout(&data, Style::Csv, query),
        "Name,Active,Inner\norders,true,\"{\"\"z\"\":3,\"\"a\"\":\"\"orders\"\"}\"\n"
    );
    assert_eq!(
        stdout(&data, Style::Yaml, query),
        "- Name: orders\n  Active: true\n  Inner:\n    z: 3\n    a: orders\n"
    );
    assert_eq!(
        stdout(&data, Style::Text, query),
        "orders\ttrue\t{\"z\":3,\"a\":\"orders\"}\n"
    );
    // The official command line's own formats stay sorted.
    assert_eq!(
        stdout(&data, Style::Json, "data[].{Name: name, Active: on}"),
        "[\n  {\n    \"Active\": true,\n    \"Name\": \"orders\"\n  }\n]\n"
    );
    assert!(
        stdout(&data, Style::Table, "data[].{Name: name, Active: on}").contains("| Active | Name")
    );
}

#[test]
fn the_order_goes_through_pipes_and_functions() {
    let data = json!([
        {"name": "b", "size": 1, "tags": {"y": 1, "x": 2}},
        {"name": "a", "size": 2, "tags": {"y": 3, "x": 4}},
    ]);
    let header = |query: &str| {
        let text = stdout(&data, Style::Csv, query);
        text.lines().next().unwrap().to_owned()
    };
    for query in [
        "data[].{size: size, name: name}",
        "data[*].{size: size, name: name}",
        "data[?size > `1`].{size: size, name: name}",
        "data[].{size: size, name: name} | [?name == 'a']",
        "data[].{size: size, name: name} | sort_by(@, &name)",
        "sort_by(data[].{size: size, name: name}, &name)[::-1]",
        "reverse(data[].{size: size, name: name})",
        "data[].{size: size, name: name} | [0]",
        "data[0].{size: size, name: name}",
        "map(&{size: size, name: name}, data)",
        "{all: data[].{size: size, name: name}}.all",
        "{x: {all: data[].{size: size, name: name}}} | x.all[]",
        "nothing || data[].{size: size, name: name}",
        "data && data[].{size: size, name: name}",
        "[data[0].{size: size, name: name}, data[1].{size: size, name: name}]",
        "data[].{a: name, b: size} | [].{size: b, name: a}",
        "{one: data[0].{size: size, name: name}}.*",
        "not_null(nothing, data[].{size: size, name: name})",
    ] {
        assert_eq!(header(query), "size,name", "{query}");
    }
    assert_eq!(
        header("data[].merge({size: size, name: name}, {at: size})"),
        "size,name,at"
    );
    // A hash that does not shape the result has no say.
    assert_eq!(header("data[?{z: size, a: name}].tags"), "x,y");
    assert_eq!(header("data[].{z: size, tags: tags}.tags"), "x,y");
    assert_eq!(header("data[]"), "name,size,tags");
}

fn list() -> &'static Operation {
    OperationId::Streaming(Streaming::ListStreams)
        .operation()
        .unwrap()
}

fn reply(operation: &Operation, reply: Reply, style: Style) -> Printed {
    let format = Format::new(style, None, false).unwrap();
    output::reply(operation, reply, &format).unwrap()
}

#[test]
fn headers_beside_rows_go_to_stderr() {
    let page = || Reply::ok(json!([])).with_header("opc-total-items", "0");
    for style in [Style::Jsonl, Style::Csv, Style::Text] {
        let printed = reply(list(), page(), style);
        assert_eq!(printed.stdout, "");
        assert_eq!(printed.stderr, "opc-total-items: 0\n");
    }
    let printed = reply(list(), page(), Style::Yaml);
    assert_eq!(printed.stdout, "opc-total-items: \"0\"\n");
    let get = OperationId::Streaming(Streaming::GetStream)
        .operation()
        .unwrap();
    let stream = Reply::ok(json!({"name": "orders"})).with_header("etag", "e");
    let printed = reply(get, stream, Style::Jsonl);
    assert!(
        printed.stdout.contains("\"name\":\"orders\""),
        "{printed:?}"
    );
    assert_eq!(printed.stderr, "etag: e\n");
    let delete = OperationId::Streaming(Streaming::DeleteStream)
        .operation()
        .unwrap();
    let gone = Reply::empty(202).with_header("opc-work-request-id", "w");
    let printed = reply(delete, gone, Style::Csv);
    assert_eq!(printed.stdout, "opc-work-request-id\nw\n");
    assert_eq!(printed.stderr, "");
}

#[test]
fn a_query_that_finds_nothing_says_so() {
    for style in NEW {
        let printed = print(json!([]), style, Some("data.none"));
        assert_eq!(printed.stdout, "");
        assert_eq!(
            printed.stderr,
            "Query returned empty result, no output to show.\n"
        );
    }
}

#[test]
fn a_lone_string_is_printed_raw_in_every_format_but_the_table() {
    for style in NEW {
        let format = Format::new(style, Some("data"), true).unwrap();
        let printed = output::envelope(json!("a, \"b\""), &format).unwrap();
        assert_eq!(printed.stdout, "a, \"b\"\n");
    }
}

#[test]
fn names_of_formats_are_taken_in_any_case() {
    assert_eq!(Style::named("JsonL"), Some(Style::Jsonl));
    assert_eq!(Style::named("TABLE"), Some(Style::Table));
    assert_eq!(Style::named("xml"), None);
}

/// Pages printed as one.
fn in_pages(
    operation: &Operation,
    pages: &[Reply],
    format: &Format,
) -> Result<Printed, OutputError> {
    let mut listing = Pages::new(operation, format);
    for page in pages {
        listing.add(page.clone())?;
    }
    let listing = listing.finish()?;
    let mut stdout = Vec::new();
    listing.write(&mut stdout).unwrap();
    Ok(Printed {
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: listing.stderr,
    })
}

#[test]
fn pages_are_printed_as_one_reply_is() {
    let queries = [
        "",
        "data",
        "data[]",
        "data.items",
        "data.items[].name",
        "data[*].{Name: name, Id: id}",
        "data[?name > 'b'].name",
        "data[].\"freeform-tags\".k[]",
        "data[].[name, id]",
        "data[0]",
        "length(data)",
        "data[1:3].name",
        "data[].name | [0]",
        "etag",
        "@",
        "data[?name == 'none']",
        "data.items[?name == 'none']",
        "data[].nothing",
        "data.items[*].{b: name, a: id}",
        "data.*[]",
        "data[].\"freeform-tags\"",
    ];
    let names = [vec!["a", "b"], vec![], vec!["c"]];
    let items = |names: &[&str]| -> Vec<Value> {
        let tags = |name: &str| json!({"k": [name, 1.0], "n": null});
        names
            .iter()
            .map(|name| json!({"name": name, "id": 7, "freeformTags": tags(name)}))
            .collect()
    };
    let queues = OperationId::Queue(Queue::ListQueues).operation().unwrap();
    let bare = |items: Vec<Value>| json!(items);
    let wrapped = |items: Vec<Value>| json!({"items": items, "unknown": 1});
    let bodies: [(_, &dyn Fn(Vec<Value>) -> Value); 4] = [
        (list(), &bare),
        (queues, &wrapped),
        (list(), &wrapped),
        (queues, &bare),
    ];
    let styles = [
        Style::Json,
        Style::Table,
        Style::Jsonl,
        Style::Csv,
        Style::Yaml,
        Style::Text,
    ];
    for (operation, body) in bodies {
        for take in [0..3, 1..2, 0..1, 0..0] {
            let header = |reply: Reply| {
                reply
                    .with_header("opc-total-items", "3")
                    .with_header("etag", "e")
            };
            let pages: Vec<Reply> = names[take.clone()]
                .iter()
                .map(|page| header(Reply::ok(body(items(page)))))
                .collect();
            let whole = match pages.is_empty() {
                true => Reply::default(),
                false => header(Reply::ok(body(items(&names[take].concat())))),
            };
            for style in styles {
                for query in queries {
                    let format = Format::new(style, Some(query), false).unwrap();
                    let got = in_pages(operation, &pages, &format);
                    let wanted = output::reply(operation, whole.clone(), &format);
                    assert_eq!(got, wanted, "{} {style:?} {query}", operation.command);
                }
            }
        }
    }
}

#[test]
fn a_list_too_large_for_memory_is_printed_the_same() {
    let item =
        |n: usize| json!({"name": format!("{n}"), "freeformTags": {"text": "x".repeat(10_000)}});
    let pages: Vec<Reply> = (0..40)
        .map(|page| Reply::ok((page * 30..(page + 1) * 30).map(item).collect()))
        .collect();
    let whole = Reply::ok((0..1200).map(item).collect());
    for style in NEW.into_iter().chain([Style::Json]) {
        let format = Format::new(style, None, false).unwrap();
        let got = in_pages(list(), &pages, &format).unwrap();
        let wanted = output::reply(list(), whole.clone(), &format).unwrap();
        assert!(got == wanted, "{style:?}");
        assert!(got.stdout.len() > 12_000_000);
    }
}

#[test]
fn floats_and_depth_survive_the_spool() {
    let mut deep = json!("end");
    for _ in 0..125 {
        deep = json!([deep]);
    }
    let odd = json!([
        1e16,
        0.1,
        5e-324,
        1.7976931348623157e308,
        -0.0,
        9007199254740993_u64,
        u64::MAX,
        i64::MIN
    ]);
    let page = Reply::ok(json!([{"name": deep, "id": odd}]));
    for style in [Style::Json, Style::Csv, Style::Yaml, Style::Text] {
        let format = Format::new(style, Some("data[].[[[[[[[id, name]]]]]]]"), false).unwrap();
        let got = in_pages(list(), std::slice::from_ref(&page), &format);
        let wanted = output::reply(list(), page.clone(), &format);
        assert_eq!(got, wanted, "{style:?}");
    }
}
