//! `ocelot local state`: a state saved, taken elsewhere and compared, and files that mean harm.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use tar::{Archive, Builder, EntryType, Header};

use crate::server::Home;

/// A home with a stream, a queue and a topic, and messages in the first two.
pub(crate) fn with_shop() -> Home {
    let home = Home::new();
    home.ok("streaming admin stream create --name orders --partitions 2");
    home.ok("streaming stream message put --stream-id orders --text one --text two --text three");
    home.ok("queue queue-admin queue create --display-name jobs");
    home.ok("queue messages put-messages --queue-id jobs --text job");
    home.ok("ons topic create --name alarms");
    home
}

pub(crate) fn values(home: &Home) -> Vec<String> {
    let tail = "streaming stream message tail --stream-id orders --format {value}";
    let mut values: Vec<String> = home.ok(tail).lines().map(str::to_owned).collect();
    values.sort();
    values
}

#[test]
fn a_state_is_the_same_elsewhere() {
    let home = with_shop();
    let file = home.path("shop.ocelot").display().to_string();
    let saved = home.json(&format!("local state save {file}"));
    assert_eq!(saved["version"], 1);
    assert_eq!(
        saved["bytes"].as_u64(),
        Some(fs::metadata(&file).unwrap().len())
    );
    assert!(crate::server::is_private(Path::new(&file)));
    let other = Home::new();
    other.ok(&format!("local state load {file}"));
    assert_eq!(values(&other), ["one", "three", "two"]);
    assert!(
        other
            .ok("queue messages get-messages --queue-id jobs --decode")
            .contains("job")
    );
    let topics = "ons topic list --query data[].name";
    assert_eq!(other.ok(topics), home.ok(topics));
    // It goes on from there.
    other.ok("streaming stream message put --stream-id orders --text four");
    assert_eq!(values(&other).len(), 4);
}

#[test]
fn a_server_saves_while_it_serves() {
    let home = with_shop();
    let server = home.serve("");
    let file = home.path("shop.ocelot").display().to_string();
    home.ok(&format!("local state save {file}"));
    // What is saved is replaced.
    home.ok(&format!("local state save {file}"));
    let refused = home.run(&format!("local state load {file} --force"));
    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains(&server.id().to_string()), "{told}");
    assert_eq!(home.json(&format!("local state diff {file}")), json!([]));
    let other = Home::new();
    other.ok(&format!("local state load {file}"));
    assert_eq!(values(&other).len(), 3);
}

#[test]
fn differences_are_told() {
    let home = with_shop();
    let file = home.path("shop.ocelot").display().to_string();
    home.ok(&format!("local state save {file}"));
    assert_eq!(home.json(&format!("local state diff {file}")), json!([]));
    home.ok("streaming stream message put --stream-id orders --text four");
    home.ok("queue messages put-messages --queue-id jobs --text job");
    home.ok("streaming admin stream create --name returns --partitions 1");
    let id = home.ok("ons topic list --query data[0].\"topic-id\" --raw-output");
    home.ok(&format!("ons topic delete --topic-id {id} --force"));
    let diff = home.json(&format!("local state diff {file}"));
    let told: Vec<Value> = diff
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            json!([
                row["kind"],
                row["name"],
                row["difference"],
                row["in-file"],
                row["in-engine"]
            ])
        })
        .collect();
    assert_eq!(
        json!(told),
        json!([
            ["queue", "jobs", "messages", 1, 2],
            ["stream", "orders", "messages", 3, 4],
            ["stream", "returns", "only in the engine", null, null],
            ["topic", "alarms", "only in the file", null, null],
        ])
    );
}

#[test]
fn data_is_replaced_only_when_that_is_asked_for() {
    let home = with_shop();
    let file = home.path("shop.ocelot").display().to_string();
    home.ok(&format!("local state save {file}"));
    home.ok("streaming stream message put --stream-id orders --text four");
    let refused = home.run(&format!("local state load {file}"));
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--force"));
    assert_eq!(values(&home).len(), 4);
    home.ok(&format!("local state load {file} --force"));
    assert_eq!(values(&home), ["one", "three", "two"]);
}

/// An entry of an archive: its path as it stands there, its kind, and what is in it.
pub(crate) type Entry<'e> = (&'e str, EntryType, &'e [u8]);

pub(crate) const MANIFEST: Entry<'static> = (
    "manifest.json",
    EntryType::Regular,
    br#"{"ocelot-state": 1, "program": "0", "time_saved": ""}"#,
);

pub(crate) fn archive(path: &Path, entries: &[Entry<'_>]) {
    let compressed = zstd::Encoder::new(File::create(path).unwrap(), 1).unwrap();
    let mut archive = Builder::new(compressed);
    for (name, kind, content) in entries {
        let mut header = Header::new_gnu();
        // By hand: the library refuses to write such paths.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        if *kind != EntryType::Regular {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_size(content.len() as u64);
        header.set_mode(0o777);
        header.set_cksum();
        archive.append(&header, *content).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap();
}

/// The entries of a saved state: their paths, and what is in them.
pub(crate) fn entries(file: &Path) -> Vec<(String, Vec<u8>)> {
    let plain = zstd::Decoder::new(File::open(file).unwrap()).unwrap();
    let mut archive = Archive::new(plain);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        (entry.path().unwrap().to_str().unwrap().to_owned(), content)
    });
    entries.collect()
}

/// Writes such entries without a checksum over all of them.
pub(crate) fn repack(file: &Path, entries: &[(String, Vec<u8>)]) {
    let compressed = zstd::Encoder::new(File::create(file).unwrap(), 1).unwrap();
    let mut archive = Builder::new(compressed);
    for (name, content) in entries {
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        archive
            .append_data(&mut header, name, content.as_slice())
            .unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap();
}

#[test]
fn files_that_are_no_states_change_nothing() {
    let home = with_shop();
    let good = home.path("good").display().to_string();
    home.ok(&format!("local state save {good}"));
    let regular = EntryType::Regular;
    let log = "streams/ocid1.stream.oc1..aaaa/0/00000000000000000000.log";
    let hostile: [&[Entry<'_>]; 9] = [
        &[],
        &[("ocelot.db", regular, b"")],
        &[("manifest.json", regular, b"{}")],
        &[(
            "manifest.json",
            regular,
            br#"{"ocelot-state": 9, "program": "9", "time_saved": ""}"#,
        )],
        &[MANIFEST],
        &[MANIFEST, ("../escaped", regular, b"x")],
        &[MANIFEST, ("/tmp/ocelot-escaped", regular, b"x")],
        &[MANIFEST, (log, EntryType::Symlink, b"")],
        &[
            MANIFEST,
            ("ocelot.db", regular, b"SQLite format 3\0 not really"),
        ],
    ];
    for (number, entries) in hostile.into_iter().enumerate() {
        let file = home.path("hostile");
        archive(&file, entries);
        let refused = home.run(&format!("local state load {} --force", file.display()));
        let told = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{number}: {told}");
        assert!(
            told.contains("is no saved state") || told.contains("newer ocelot"),
            "{number}: {told}"
        );
        assert!(!home.data().join("loading").exists());
    }
    let mut cut = fs::read(&good).unwrap();
    cut.truncate(cut.len() / 2);
    let cut_file = home.path("cut");
    File::create(&cut_file).unwrap().write_all(&cut).unwrap();
    let refused = home.run(&format!("local state load {} --force", cut_file.display()));
    assert_eq!(refused.status.code(), Some(1));
    assert!(!home.path("escaped").exists() && !Path::new("/tmp/ocelot-escaped").exists());
    assert_eq!(values(&home).len(), 3);
}

#[test]
fn a_database_with_something_in_its_schema_is_refused() {
    let home = with_shop();
    let database = home.path("ocelot.db");
    let copy = home.data().join("ocelot.db");
    home.ok("local status");
    // The rows do not matter, the schema does.
    fs::copy(&copy, &database).unwrap();
    fs::copy(
        copy.with_extension("db-wal"),
        database.with_extension("db-wal"),
    )
    .unwrap();
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection
        .execute_batch(
            "CREATE TRIGGER harm AFTER INSERT ON setting BEGIN DELETE FROM resource; END;",
        )
        .unwrap();
    connection
        .pragma_update(None, "journal_mode", "DELETE")
        .unwrap();
    drop(connection);
    let bytes = fs::read(&database).unwrap();
    let file = home.path("hostile");
    archive(
        &file,
        &[MANIFEST, ("ocelot.db", EntryType::Regular, &bytes)],
    );
    let other = Home::new();
    let refused = other.run(&format!("local state load {}", file.display()));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(told.contains("not one that ocelot makes"), "{told}");
}

#[test]
fn an_engine_in_memory_has_no_state() {
    let home = Home::new();
    let refused = home.run("--memory local state save x");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--memory"));
}
