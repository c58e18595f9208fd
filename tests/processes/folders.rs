//! Data folders: which one is used, that two do not interfere, and that nobody else can look into them.

use std::fs;
use std::path::Path;
use std::thread;

use crate::support::{Program, json};

#[test]
fn two_folders_do_not_interfere() {
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    thread::scope(|scope| {
        for (nth, home) in homes.iter().enumerate() {
            scope.spawn(move || {
                let program = Program::over(home.path());
                let stream = program.stream("orders", 1);
                for put in 0..15 {
                    let value = format!("{nth}/{put}");
                    json(&program.put("orders", "k", &[value]).output().unwrap());
                }
                let values: Vec<String> =
                    program.all(&stream).into_iter().map(|m| m.value).collect();
                let expected: Vec<String> = (0..15).map(|put| format!("{nth}/{put}")).collect();
                assert_eq!(values, expected);
            });
        }
    });
}

#[test]
fn a_folder_that_is_held_keeps_no_other_waiting() {
    use ocelot::engine::{Engine, Home};
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let held = Home::Folder(homes[0].path().to_owned());
    let engine = Engine::open(&held, ocelot::log::Durability::Os).unwrap();
    Program::over(homes[1].path()).stream("orders", 1);

    // Whoever wants the held one waits, and goes on when it is free.
    let program = Program::over(homes[0].path());
    let waiting = thread::spawn(move || program.stream("orders", 1));
    thread::sleep(std::time::Duration::from_millis(300));
    assert!(!waiting.is_finished());
    drop(engine);
    waiting.join().unwrap();
}

#[test]
fn the_option_wins_over_the_variable_and_memory_over_both() {
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let program = Program::over(&homes[0].path().join("variable"));
    let option = homes[1].path().join("option");
    let create = "streaming admin stream create --compartment-id c --partitions 1 --name";
    json(
        &program
            .command(create)
            .arg("a")
            .arg("--memory")
            .output()
            .unwrap(),
    );
    assert!(!program.home.exists() && !option.exists());
    json(
        &program
            .command(create)
            .arg("a")
            .arg("--data-dir")
            .arg(&option)
            .output()
            .unwrap(),
    );
    assert!(!program.home.exists() && option.exists());
    json(&program.command(create).arg("a").output().unwrap());
    assert!(program.home.exists());
}

#[cfg(unix)]
#[test]
fn nobody_else_can_look_into_a_folder_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    fn check(path: &Path) {
        let metadata = fs::symlink_metadata(path).unwrap();
        assert_eq!(
            metadata.permissions().mode() & 0o077,
            0,
            "{}",
            path.display()
        );
        if metadata.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                check(&entry.unwrap().path());
            }
        }
    }
    let home = tempfile::tempdir().unwrap();
    let program = Program::over(&home.path().join("data"));
    for command in [
        program.command(
            "streaming admin stream create --compartment-id c --partitions 1 --name orders",
        ),
        program.put("orders", "k", &["v".to_owned()]),
    ] {
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", "umask 0; exec \"$@\"", "sh"])
            .arg(command.get_program());
        shell
            .args(command.get_args())
            .env_clear()
            .env("OCELOT_HOME", &program.home);
        json(&shell.output().unwrap());
    }
    check(&program.home);
}
