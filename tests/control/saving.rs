//! Where `ocelot local state save` writes, and where it refuses to.

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::process::Command;

use crate::server::Home;
use crate::state::{values, with_shop};

/// What a save that is refused tells.
fn refused(home: &Home, file: &str) -> String {
    let output = home.run(&format!("local state save {file}"));
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{file}: {told}");
    told
}

#[test]
fn the_engine_s_own_files_are_not_replaced() {
    let home = with_shop();
    let data = home.data();
    symlink(data.join("ocelot.db"), home.path("link")).unwrap();
    symlink(&data, home.path("folder")).unwrap();
    for is_served in [false, true] {
        let server = is_served.then(|| home.serve(""));
        for file in [
            "data/ocelot.db",
            "data/new",
            "data/../data/lock",
            "link",
            "folder/new",
        ] {
            let told = refused(&home, file);
            assert!(told.contains("lies in the data folder"), "{told}");
        }
        drop(server);
    }
    assert!(!data.join("new").exists());
    assert_eq!(values(&home).len(), 3);
}

#[test]
fn what_is_no_ordinary_file_is_left_alone() {
    let home = with_shop();
    let pipe = home.path("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    symlink(&pipe, home.path("link")).unwrap();
    symlink(home.path("nowhere"), home.path("dangling")).unwrap();
    for file in ["pipe", "link", "tmp", "/dev/null"] {
        fs::create_dir_all(home.path("tmp")).unwrap();
        let told = refused(&home, file);
        assert!(told.contains("is no ordinary file"), "{told}");
    }
    assert!(refused(&home, "dangling").contains("cannot write"));
    assert!(refused(&home, "no/such/folder").contains("cannot write"));
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
}

#[test]
fn a_link_goes_on_leading_to_what_is_saved() {
    let home = with_shop();
    fs::create_dir(home.path("kept")).unwrap();
    fs::write(home.path("kept/shop"), "older").unwrap();
    symlink(home.path("kept/shop"), home.path("link")).unwrap();
    home.ok("local state save link");
    assert!(
        fs::symlink_metadata(home.path("link"))
            .unwrap()
            .is_symlink()
    );
    assert_eq!(fs::read_dir(home.path("kept")).unwrap().count(), 1);
    let other = Home::new();
    let file = home.path("kept/shop").display().to_string();
    other.ok(&format!("local state load {file}"));
    assert_eq!(values(&other).len(), 3);
}
