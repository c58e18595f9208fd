//! `ocelot local state load` of states that somebody has changed: what a program could not use, or what would lead it
//! elsewhere, is refused before anything is replaced.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use tar::EntryType;

use crate::server::Home;
use crate::state::{MANIFEST, archive, entries, values, with_shop};

/// The same with a connector.
fn with_connector() -> Home {
    let home = with_shop();
    let stream = home.ok("streaming admin stream list --query data[0].id --raw-output");
    home.ok(&format!(
        "sch service-connector create --display-name moves --compartment-id ocid1.tenancy.oc1..local \
         --source {{\"kind\":\"streaming\",\"streamId\":\"{stream}\",\"cursor\":{{\"kind\":\"TRIM_HORIZON\"}}}} \
         --target {{\"kind\":\"objectStorage\",\"bucketName\":\"lake\"}}"
    ));
    home
}

/// Saves a home's state, has its database changed, and returns the file of the changed state.
fn changed(home: &Home, statements: &str) -> String {
    let good = home.path("good");
    home.ok(&format!("local state save {}", good.display()));
    let database = home.path("changed.db");
    fs::write(&database, database_of(&good)).unwrap();
    let connection = Connection::open(&database).unwrap();
    connection.execute_batch(statements).unwrap();
    assert!(connection.total_changes() > 0, "{statements}");
    drop(connection);
    let file = home.path("hostile");
    let bytes = fs::read(&database).unwrap();
    archive(
        &file,
        &[MANIFEST, ("ocelot.db", EntryType::Regular, &bytes)],
    );
    file.display().to_string()
}

fn database_of(file: &Path) -> Vec<u8> {
    let mut entries = entries(file).into_iter();
    entries.find(|(name, _)| name == "ocelot.db").unwrap().1
}

#[test]
fn rows_that_cannot_be_read_are_found() {
    let home = with_connector();
    let other = with_shop();
    for statements in [
        "UPDATE connector_movement SET movement = '{}'",
        "UPDATE connector_movement SET movement = 'x'",
        "UPDATE resource SET details = '{}' WHERE kind = 'stream'",
        "UPDATE resource SET details = '[]' WHERE kind = 'queue'",
        "UPDATE resource SET kind = 'unheard-of' WHERE kind = 'onstopic'",
        "UPDATE resource SET time_created_ms = 'yesterday'",
        "UPDATE resource SET name = x'ff'",
        "INSERT OR REPLACE INTO setting VALUES ('clock', '\"never\"')",
        "INSERT OR REPLACE INTO setting VALUES ('faults', '7')",
    ] {
        let file = changed(&home, statements);
        let refused = other.run(&format!("local state load {file} --force"));
        let told = String::from_utf8(refused.stderr).unwrap();
        let is_refused = refused.status.code() == Some(1) && told.contains("is no saved state");
        assert!(is_refused, "{statements}: {told}");
        assert!(!other.data().join("loading").exists());
    }
    assert_eq!(values(&other).len(), 3);
}

#[test]
fn what_leads_out_of_the_folder_is_refused() {
    let home = with_connector();
    let kept = home.path("kept");
    fs::create_dir(&kept).unwrap();
    let other = with_shop();
    for statements in [
        format!("INSERT INTO doomed_log VALUES ('{}')", kept.display()),
        "INSERT INTO doomed_log VALUES ('../../kept')".to_owned(),
        "UPDATE resource SET id = 'ocid1.stream/../../../kept' WHERE kind = 'stream'".to_owned(),
    ] {
        let file = changed(&home, &statements);
        let refused = other.run(&format!("local state load {file} --force"));
        let told = String::from_utf8(refused.stderr).unwrap();
        assert!(told.contains("is no OCID"), "{statements}: {told}");
    }
    assert!(kept.exists());
    assert_eq!(values(&other).len(), 3);
}

#[test]
fn nothing_is_unpacked_for_a_database_that_is_none() {
    let home = with_shop();
    let zeros = vec![0; 32 << 20];
    let file = home.path("hostile");
    archive(
        &file,
        &[MANIFEST, ("ocelot.db", EntryType::Regular, &zeros)],
    );
    assert!(fs::metadata(&file).unwrap().len() < 64 << 10);
    let refused = home.run(&format!("local state load {} --force", file.display()));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("its database is none"), "{told}");
    assert_eq!(values(&home).len(), 3);
}
