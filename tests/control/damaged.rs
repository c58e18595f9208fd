//! `ocelot local state load` of files that are not what was saved: none is taken for a state.

use std::fs;
use std::path::Path;

use ocelot::engine::state::{Saved, load};

use crate::server::Home;
use crate::state::{entries, repack, values, with_shop};

/// The file of the shop's state.
fn shop(home: &Home) -> std::path::PathBuf {
    let file = home.path("shop");
    home.ok("local state save shop");
    file
}

/// What a load that is refused tells; nothing is changed by it.
fn refused(home: &Home, file: &str) -> String {
    let told = home.fails(&format!("local state load {file} --force"), 1);
    assert!(!home.data().join("loading").exists());
    assert_eq!(values(home).len(), 3, "{told}");
    told
}

#[test]
fn a_flipped_bit_is_found_wherever_it_is() {
    let home = with_shop();
    let good_file = shop(&home);
    let good = fs::read(&good_file).unwrap();
    let saved = entries(&good_file);
    let (file, folder) = (home.path("flipped"), home.path("other"));
    for position in (0..good.len()).step_by(11) {
        let mut flipped = good.clone();
        flipped[position] ^= 1 << (position % 8);
        fs::write(&file, flipped).unwrap();
        match load(&folder, &Saved::open(&file).unwrap(), false) {
            Err(error) => {
                let told = error.to_string();
                assert!(
                    told.contains("is no saved state"),
                    "byte {position}: {told}"
                );
            }
            // A few bits of what is compressed mean nothing.
            Ok(_) => {
                assert!(entries(&file) == saved, "byte {position}");
                fs::remove_dir_all(&folder).unwrap();
            }
        }
    }
    let left: Vec<_> = fs::read_dir(&folder).unwrap().collect();
    assert_eq!(left.len(), 1, "more than the lock: {left:?}");
    load(&folder, &Saved::open(&good_file).unwrap(), false).unwrap();
}

#[test]
fn nothing_may_follow_the_end_and_nothing_be_missing() {
    let home = with_shop();
    let good = fs::read(shop(&home)).unwrap();
    for (name, more) in [
        ("twice", &good[..]),
        ("garbage", b"garbage"),
        ("zero", &[0]),
    ] {
        fs::write(home.path(name), [&good, more].concat()).unwrap();
        let told = refused(&home, name);
        assert!(told.contains("something follows its end"), "{told}");
    }
    for cut in [0, 1, 4, good.len() / 2, good.len() - 5, good.len() - 1] {
        fs::write(home.path("cut"), &good[..cut]).unwrap();
        let told = refused(&home, "cut");
        assert!(told.contains("is no saved state"), "{cut}: {told}");
    }
}

/// Saves the shop's state, has its entries changed, and tells what comes of loading them.
fn told_of(change: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> String {
    let home = with_shop();
    let mut found = entries(&shop(&home));
    change(&mut found);
    repack(&home.path("changed"), &found);
    refused(&home, "changed")
}

fn is_log(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "log")
}

#[test]
fn the_logs_of_streams_must_be_there_and_whole() {
    let told = told_of(|entries| entries.retain(|(name, _)| !name.starts_with("streams/")));
    assert!(told.contains("the messages of partition "), "{told}");
    let told = told_of(|entries| {
        let log = entries.iter_mut().find(|(name, _)| is_log(name)).unwrap();
        // In the first record.
        log.1[70] ^= 4;
    });
    let is_told = told.contains("is damaged at byte 0: the checksum does not match");
    assert!(is_told && !told.contains("loading"), "{told}");
}

#[test]
fn files_of_earlier_versions_are_loaded() {
    let home = with_shop();
    let mut found = entries(&shop(&home));
    let (_, manifest) = &mut found[0];
    let mut fields: serde_json::Value = serde_json::from_slice(manifest).unwrap();
    assert!(fields.as_object_mut().unwrap().remove("logs").is_some());
    *manifest = serde_json::to_vec(&fields).unwrap();
    repack(&home.path("earlier"), &found);
    let other = Home::new();
    other.ok(&format!(
        "local state load {}",
        home.path("earlier").display()
    ));
    assert_eq!(values(&other), ["one", "three", "two"]);
}

#[test]
fn logs_of_no_stream_are_left_out() {
    let home = with_shop();
    let mut found = entries(&shop(&home));
    let log = found
        .iter()
        .find(|(name, _)| is_log(name))
        .unwrap()
        .1
        .clone();
    let deleted = "streams/ocid1.stream.oc1..deleted/0/00000000000000000000.log";
    found.push((deleted.to_owned(), log));
    repack(&home.path("more"), &found);
    home.ok("local state load more --force");
    assert!(
        !home
            .data()
            .join("streams/ocid1.stream.oc1..deleted")
            .exists()
    );
    assert_eq!(values(&home).len(), 3);
}
