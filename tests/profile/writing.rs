//! Adding and replacing profiles in a config file.

use std::fs;
use std::path::Path;
use std::thread;

use ocelot::profile::ini::Document;
use ocelot::profile::{
    ProfileError, Setting, check_new_profile, remove_profile, write_private, write_profile,
};

use crate::User;

const NEW: &[(&str, &str)] = &[("user", "u2"), ("region", "lhr")];

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_first_profile_makes_folder_and_file() {
    let user = User::new();
    let path = user.home.path().join("a/b/config");
    let written = write_profile(&path, "DEFAULT", NEW, true).unwrap();
    assert_eq!((written.replaced, written.backup), (false, None));
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "[DEFAULT]\nuser=u2\nregion=lhr\n"
    );
    assert_eq!(files(path.parent().unwrap()), ["config"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
    }
}

#[test]
fn the_rest_of_the_file_stays_byte_for_byte() {
    let before = "\u{feff}# mine\r\n[DEFAULT]\r\nuser = \"a\"\r\n\r\n[DEV]\r\n; of dev\r\nUSER :  u1\r\nold=1\r\n\r\n\
                  # of prod\r\n[PROD]\r\n  k=v\r\n";
    let user = User::new().config(before);
    let path = user.path("config");
    let written = write_profile(&path, "DEV", NEW, true).unwrap();
    assert!(written.replaced);
    let backup = written.backup.unwrap();
    assert_eq!(backup, user.path("config.backup"));
    assert_eq!(fs::read_to_string(&backup).unwrap(), before);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        before.replace("USER :  u1\r\nold=1\r\n", "USER :  u2\r\nregion=lhr\r\n")
    );
    let user = user.flag("profile", "DEV");
    assert_eq!(user.settings().text(Setting::Region).unwrap(), "lhr");
    assert_eq!(
        files(&user.home.path().join(".oci")),
        ["config", "config.backup"]
    );

    write_profile(&path, "DEV", NEW, true)
        .map(|again| assert_eq!(again.backup, None))
        .unwrap();
    let third = write_profile(&path, "NEW", NEW, true).unwrap();
    assert_eq!(third.backup.unwrap(), user.path("config.backup-2"));
    assert_eq!(fs::read_to_string(&backup).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn open_permissions_are_closed_and_links_followed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let user = User::new().file("real", "[A]\nk=v\n");
    fs::set_permissions(user.path("real"), fs::Permissions::from_mode(0o644)).unwrap();
    symlink("real", user.path("config")).unwrap();
    let written = write_profile(&user.path("config"), "B", NEW, true).unwrap();
    assert!(
        fs::symlink_metadata(user.path("config"))
            .unwrap()
            .is_symlink()
    );
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&user.path("real")), 0o600);
    assert_eq!(mode(&written.backup.unwrap()), 0o600);
}

#[test]
fn a_file_that_cannot_be_understood_is_left_alone() {
    for content in [&b"no section\n"[..], b"[A]\nk=\xff\n"] {
        let user = User::new().config(content);
        assert!(write_profile(&user.path("config"), "A", NEW, true).is_err());
        assert_eq!(fs::read(user.path("config")).unwrap(), content);
        assert_eq!(files(&user.home.path().join(".oci")), ["config"]);
    }
    let user = User::new();
    fs::create_dir(user.path("config")).unwrap();
    assert!(write_profile(&user.path("config"), "A", NEW, true).is_err());
}

#[test]
fn recorded_files_can_be_added_to() {
    let user = User::new();
    let path = user.path("config");
    let readable = crate::recorded("files.jsonl");
    let readable = readable.iter().filter(|case| case["sections"].is_object());
    // Each write waits for the disk.
    let readable = readable.step_by(13);
    for case in readable {
        let before = case["text"].as_str().unwrap();
        fs::write(&path, before).unwrap();
        for name in ["A", "DEFAULT", "NEW"] {
            write_profile(&path, name, NEW, true)
                .unwrap_or_else(|error| panic!("{before:?} {name} {error}"));
        }
        let after = fs::read_to_string(&path).unwrap();
        let others = |text: &str| {
            let document = Document::parse(text).unwrap();
            let sections = document.sections().iter();
            let others = sections.filter(|s| !["A", "DEFAULT", "NEW"].contains(&s.name.as_str()));
            let told =
                others.flat_map(|s| s.entries.iter().map(|e| (s.name.clone(), e.value.clone())));
            told.collect::<Vec<_>>()
        };
        assert_eq!(others(&after), others(before), "{before:?}");
        for backup in files(&user.home.path().join(".oci"))
            .iter()
            .filter(|name| *name != "config")
        {
            fs::remove_file(user.path(backup)).unwrap();
        }
    }
}

#[test]
fn writers_at_once_lose_nothing() {
    let user = User::new().config("[DEFAULT]\n");
    let path = user.path("config");
    thread::scope(|scope| {
        for number in 0..16 {
            let path = &path;
            scope.spawn(move || write_profile(path, &format!("P{number}"), NEW, true).unwrap());
        }
    });
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches("[P").count(), 16, "{text}");
    assert_eq!(files(&user.home.path().join(".oci")).len(), 17);
}

/// What a text says, section by section, but for one of them.
fn told(text: &str, but: &str) -> Vec<(String, String, String)> {
    let document = Document::parse(text).unwrap();
    let sections = document.sections().iter().filter(|s| s.name != but);
    let told = sections.flat_map(|s| {
        let entries = s.entries.iter();
        entries.map(|e| (s.name.clone(), e.key.clone(), e.value.clone()))
    });
    told.collect()
}

#[test]
fn a_profile_that_is_there_stays_unless_it_is_to_go() {
    let user = User::new().config("[A]\nk=v\n");
    let path = user.path("config");
    let refused = write_profile(&path, "A", NEW, false).unwrap_err();
    assert!(
        refused
            .to_string()
            .ends_with("config:1: profile A is there already: give another --profile, or --overwrite, which keeps a backup of the file"),
        "{refused}"
    );
    assert!(matches!(
        check_new_profile(&path, "A"),
        Err(ProfileError::ProfileExists { line: 1, .. })
    ));
    assert_eq!(files(&user.home.path().join(".oci")), ["config"]);
    check_new_profile(&path, "B").unwrap();
    check_new_profile(&user.path("none"), "A").unwrap();
    assert!(check_new_profile(&user.path("none"), "a b").is_err());
    write_profile(&path, "B", NEW, false).unwrap();
}

#[test]
fn recorded_files_lose_a_profile_and_nothing_else() {
    let user = User::new();
    let path = user.path("config");
    let readable = crate::recorded("files.jsonl");
    let readable = readable.iter().filter(|case| case["sections"].is_object());
    // Each change waits for the disk.
    let mut removed = 0;
    for case in readable.step_by(7) {
        let before = case["text"].as_str().unwrap();
        let document = Document::parse(before).unwrap();
        let Some(section) = document.sections().last().filter(|s| s.name != "DEFAULT") else {
            continue;
        };
        fs::write(&path, before).unwrap();
        match remove_profile(&path, &section.name) {
            Ok(backup) => {
                removed += 1;
                let after = fs::read_to_string(&path).unwrap();
                assert_eq!(told(&after, ""), told(before, &section.name), "{before:?}");
                assert_eq!(fs::read_to_string(&backup).unwrap(), before);
                fs::remove_file(backup).unwrap();
            }
            Err(error) => panic!("{before:?} {error}"),
        }
    }
    assert!(removed > 20, "{removed}");
}

#[test]
fn what_cannot_be_removed_is_said_and_left() {
    // Without the section between, the indented header would go on with the value before.
    let text = "[Z]\nk=v\n[A]\n  [B]\nb=c\n";
    let user = User::new().config("[DEFAULT]\nk=v\n");
    let path = user.path("config");
    let error = |name| remove_profile(&path, name).unwrap_err();
    assert!(matches!(error("DEFAULT"), ProfileError::NotRemovable));
    assert!(matches!(error("A"), ProfileError::NoProfile { .. }));
    fs::write(&path, text).unwrap();
    assert!(error("A").to_string().contains("by hand"));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(files(&user.home.path().join(".oci")), ["config"]);
    fs::remove_file(&path).unwrap();
    assert!(matches!(error("A"), ProfileError::NoConfigFile { .. }));
}

#[test]
fn a_private_file_is_replaced_in_one_step() {
    let user = User::new();
    let path = user.home.path().join("new/folder/token");
    write_private(&path, "one").unwrap();
    write_private(&path, "two").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "two");
    assert_eq!(files(path.parent().unwrap()), ["token"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
    }
}
