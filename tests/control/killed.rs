//! `ocelot local state load --force`, killed wherever it may be: the data folder holds the old state or the new one.
//!
//! That every step of the replacing may be the last is tested in `engine::folder::takeover`; here whole processes are
//! killed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Instant;

use crate::server::{Home, PATIENCE};

/// The streams of the database, and the files of the logs.
type State = (String, BTreeMap<PathBuf, Vec<u8>>);

fn logs(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "log") {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// What the next command finds in a data folder.
fn state(home: &Home) -> State {
    let streams = home.ok("streaming admin stream list --query data[].name");
    assert!(!home.data().join("loading").exists());
    (streams, logs(&home.data().join("streams")))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Two states, of which the second one is in a file `new`, and a copy of the first one's folder in `old`.
struct States {
    home: Home,
    old: State,
    new: State,
}

impl States {
    fn new() -> Self {
        let home = Home::new();
        home.ok("streaming admin stream create --name later --partitions 1");
        for name in ["orders", "returns"] {
            home.ok(&format!(
                "streaming admin stream create --name {name} --partitions 3"
            ));
            let value = name.repeat(10_000);
            home.ok(&format!(
                "streaming stream message put --stream-id {name} --text {value} --text a{value} --text b{value}"
            ));
        }
        home.ok("local state save new");
        let new = state(&home);
        home.ok("local reset --force");
        home.ok("streaming admin stream create --name orders --partitions 1");
        home.ok("streaming stream message put --stream-id orders --text old");
        let old = state(&home);
        assert_ne!(old, new);
        fs::rename(home.data(), home.path("old")).unwrap();
        Self { home, old, new }
    }

    /// Begins to load the new state over the old one.
    fn load(&self) -> Child {
        let _ = fs::remove_dir_all(self.home.data());
        copy(&self.home.path("old"), &self.home.data());
        let mut command = self.home.command("local state load new --force");
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// Whether the folder holds the new state; otherwise it must hold the old one.
    fn is_new(&self) -> bool {
        let found = state(&self.home);
        assert!(found == self.old || found == self.new, "{}", found.0);
        found == self.new
    }
}

fn kill(mut process: Child) {
    process.kill().unwrap();
    process.wait().unwrap();
}

#[test]
fn a_load_that_is_killed_leaves_the_one_state_or_the_other() {
    let states = States::new();
    let begun = Instant::now();
    assert!(states.load().wait().unwrap().success());
    let whole = begun.elapsed();
    assert!(states.is_new());
    const TIMES: u32 = 30;
    for number in 0..TIMES {
        let process = states.load();
        thread::sleep(whole * number / TIMES);
        kill(process);
        states.is_new();
    }
}

#[test]
fn a_load_that_is_killed_at_the_point_of_no_return_is_finished() {
    let states = States::new();
    let loading = states.home.data().join("loading");
    for file in ["ocelot.db", "complete"] {
        // The time in which the file is there is short.
        let mut caught = 0;
        let begun = Instant::now();
        while caught < 3 && begun.elapsed() < PATIENCE {
            let mut process = states.load();
            while !loading.join(file).exists() && process.try_wait().unwrap().is_none() {}
            kill(process);
            if loading.exists() {
                caught += 1;
                let is_complete = loading.join("complete").exists();
                let is_unfinished = !is_complete && loading.join("ocelot.db").exists();
                let is_new = states.is_new();
                assert!(is_new || !is_complete, "{file}");
                assert!(!(is_new && is_unfinished), "{file}");
            }
        }
        assert!(caught > 0, "{file}");
    }
}

#[test]
fn a_server_finishes_what_was_begun() {
    let states = States::new();
    let data = states.home.data();
    assert!(states.load().wait().unwrap().success());
    // As it is at the point of no return.
    fs::create_dir(data.join("loading")).unwrap();
    for name in ["ocelot.db", "streams"] {
        fs::rename(data.join(name), data.join("loading").join(name)).unwrap();
    }
    let old = states.home.path("old");
    fs::copy(old.join("ocelot.db"), data.join("ocelot.db")).unwrap();
    copy(&old.join("streams"), &data.join("streams"));
    fs::write(data.join("loading/complete"), "").unwrap();
    let server = states.home.serve("");
    assert!(states.is_new());
    drop(server);
    assert!(states.is_new());
}

#[test]
fn what_was_never_complete_is_gone_with_the_next_command() {
    let home = Home::new();
    home.ok("streaming admin stream create --name orders --partitions 1");
    let loading = home.data().join("loading");
    fs::create_dir_all(loading.join("streams/ocid1.stream.oc1..x/0")).unwrap();
    fs::write(loading.join("ocelot.db"), "unfinished").unwrap();
    assert!(state(&home).0.contains("orders"));
}
