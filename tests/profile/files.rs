//! Config files as users have them.

use std::fs;
use std::time::Instant;

use ocelot::profile::{AuthKind, Setting};

use crate::User;

fn text(user: &User, setting: Setting) -> String {
    user.settings().text(setting).unwrap_or_default()
}

#[test]
fn no_file_is_no_error() {
    let user = User::new();
    assert_eq!(text(&user, Setting::Region), "");
    assert_eq!(text(&user, Setting::Output), "json");
    fs::remove_dir(user.home.path().join(".oci")).unwrap();
    assert_eq!(text(&user, Setting::Target), "local");
}

#[test]
fn files_from_other_systems_are_read() {
    let plain = "[DEFAULT]\nuser=ü\nregion\t=\tfra\n; note\n# note\n\nkey_file = ~/k.pem\n";
    for content in [
        plain.to_owned(),
        plain.replace('\n', "\r\n"),
        plain.replace('\n', "\r"),
        format!("\u{feff}{plain}"),
        plain.trim_end().to_owned(),
    ] {
        let user = User::new().config(&content);
        assert_eq!(text(&user, Setting::User), "ü", "{content:?}");
        assert_eq!(text(&user, Setting::Region), "fra", "{content:?}");
        let key = user.settings().path(Setting::KeyFile).unwrap();
        assert_eq!(key, user.home.path().join("k.pem"));
    }
}

#[test]
fn values_keep_what_looks_like_a_comment_and_lose_quotes_around_them() {
    let user = User::new().config(
        "[DEFAULT]\nkey_file = \"C:\\keys\\my key.pem\"\nregion = 'fra'\nuser = a;b # c\n\
         pass_phrase = \"mine\"\ntenancy = \"half\nfingerprint = \"\"\n",
    );
    assert_eq!(text(&user, Setting::KeyFile), "C:\\keys\\my key.pem");
    assert_eq!(text(&user, Setting::Region), "fra");
    assert_eq!(text(&user, Setting::User), "a;b # c");
    assert_eq!(text(&user, Setting::PassPhrase), "\"mine\"");
    assert_eq!(text(&user, Setting::Tenancy), "\"half");
    assert_eq!(text(&user, Setting::Fingerprint), "");
}

#[test]
fn profiles_inherit_and_say_where_from() {
    let user = User::new()
        .config("[DEFAULT]\nregion=fra\nuser=u\n\n[DEV]\nuser=v\n")
        .flag("profile", "DEV");
    let settings = user.settings();
    let source = |setting| user.tilde(&settings.get(setting).unwrap().source().to_string());
    assert_eq!(source(Setting::Region), "~/.oci/config:2");
    assert_eq!(source(Setting::User), "~/.oci/config:6");
}

#[test]
fn two_files_that_disagree_are_both_told_of() {
    let user = User::new()
        .config("[DEFAULT]\nregion = fra\nuser = u\npass_phrase = secret\n[DEV]\nregion = lhr\n")
        .rc("[DEV]\nregion = iad\nstreaming.limit = 5\n")
        .variable("OCI_CLI_REGION", "phx")
        .flag("profile", "DEV");
    let settings = user.settings();
    let rows = settings.explain();
    let shown = |name: &str| {
        let row = rows.iter().find(|row| row.name == name).unwrap();
        let line = format!(
            "{} from {} over {}",
            row.value,
            row.source,
            row.overrides.join(", ")
        );
        user.tilde(&line)
    };
    assert_eq!(
        shown("region"),
        "phx from OCI_CLI_REGION over ~/.oci/oci_cli_rc:2, ~/.oci/config:6, ~/.oci/config:2"
    );
    assert_eq!(shown("pass_phrase"), "******** from ~/.oci/config:4 over ");
    assert_eq!(shown("streaming.limit"), "5 from ~/.oci/oci_cli_rc:3 over ");
    assert_eq!(shown("profile"), "DEV from --profile over ");
    assert_eq!(shown("config_file"), "~/.oci/config from default over ");
    assert_eq!(
        shown("data_dir"),
        "~/.local/share/ocelot from default over "
    );
    assert_eq!(rows.iter().filter(|row| row.name == "region").count(), 1);
    assert!(rows.iter().all(|row| row.name != "key_content"));
}

#[test]
fn nothing_shows_a_secret() {
    let user = User::new()
        .config("[DEFAULT]\npass_phrase = open-sesame\n")
        .variable("OCI_CLI_KEY_CONTENT", "open-sesame")
        .variable("OCI_CLI_PASSPHRASE", "open-sesame")
        .flag("proxy", "http://me:open-sesame@proxy");
    let settings = user.settings();
    assert_eq!(
        settings.get(Setting::KeyContent).unwrap().text(),
        "open-sesame"
    );
    let shown = format!(
        "{settings:?} {:?} {:?}",
        settings.explain(),
        user.environment()
    );
    let values = settings.values(Setting::PassPhrase);
    assert!(!shown.contains("sesame"), "{shown}");
    assert!(!format!("{values:?} {}", values[0]).contains("sesame"));
}

#[test]
fn an_unknown_profile_lists_those_there_are() {
    let user = User::new()
        .config("[DEFAULT]\n[DEV]\n[PROD]\n")
        .flag("profile", "dev");
    assert_eq!(
        user.error(),
        "~/.oci/config has no profile dev; it has: DEFAULT, DEV, PROD"
    );
    let user = User::new().flag("profile", "DEV");
    assert_eq!(
        user.error(),
        "there is no profile DEV, because there is no file ~/.oci/config"
    );
    // Defaults for it in the rc file make it a profile, where no config file says otherwise.
    assert!(user.rc("[DEV]\n").load_for("x").is_ok());
    let user = User::new().variable("OCI_CLI_CONFIG_FILE", "~/none");
    assert_eq!(
        user.error(),
        "there is no file ~/none, which OCI_CLI_CONFIG_FILE names"
    );
    for auth in [
        "instance_principal",
        "resource_principal",
        "oke_workload_identity",
    ] {
        let user = User::new().flag("profile", "DEV").flag("auth", auth);
        assert!(user.load_for("x").is_ok(), "{auth}");
    }
}

#[test]
fn broken_files_are_told_with_file_and_line() {
    for (content, message) in [
        (
            "region=fra\n",
            "~/.oci/config:1: this comes before the first section: begin with a line such as [DEFAULT]",
        ),
        (
            "[DEFAULT]\r\nregion fra\r\n",
            "~/.oci/config:2: this is neither a [section] nor key = value",
        ),
        (
            "[A]\nk=v\nK=w\n",
            "~/.oci/config:3: k is already set in line 2: keep one of the two",
        ),
        (
            "[A]\n[B]\n[A]\n",
            "~/.oci/config:3: section [A] is already there in line 1",
        ),
        (
            "[A]\n=x\n",
            "~/.oci/config:2: there is no key before the value",
        ),
        (
            "[DEFAULT]\nkey_content=x\n",
            "~/.oci/config:2: key_content must not stand in a file: give the key's file as key_file, or the key \
             itself in OCI_CLI_KEY_CONTENT",
        ),
    ] {
        assert_eq!(User::new().config(content).error(), message);
    }
    let user = User::new().config(b"[DEFAULT]\nuser=a\xffb\n");
    assert_eq!(
        user.error(),
        "cannot read ~/.oci/config: line 2 is not UTF-8 text"
    );
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let user = User::new();
    fs::create_dir(user.path("config")).unwrap();
    assert!(
        user.error()
            .starts_with("cannot read ~/.oci/config: Is a directory"),
        "{}",
        user.error()
    );
    let user = User::new().flag("config-file", "/dev/zero");
    assert_eq!(
        user.error(),
        "cannot read /dev/zero: it holds more than 16777216 bytes"
    );
    let user = User::new().flag("config-file", "/dev/null");
    assert!(user.load_for("x").is_ok());
    let user = User::new().config("[DEFAULT]\n");
    fs::set_permissions(user.path("config"), fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser can read it all the same.
    if fs::read(user.path("config")).is_err() {
        assert!(
            user.error()
                .starts_with("cannot read ~/.oci/config: Permission denied")
        );
    }
}

#[test]
fn a_huge_file_is_read_quickly() {
    let mut content = String::from("[DEFAULT]\nregion=fra\n");
    for number in 0..50_000 {
        content.push_str(&format!("[P{number}]\nuser = u{number}\ntenancy = t\n"));
    }
    let user = User::new().config(content).flag("profile", "P49999");
    let start = Instant::now();
    assert_eq!(text(&user, Setting::User), "u49999");
    assert!(start.elapsed().as_secs() < 5);
}

#[test]
fn small_files_cost_next_to_nothing() {
    let user = User::new()
        .config("[DEFAULT]\nuser=u\ntenancy=t\nfingerprint=f\nkey_file=~/k\nregion=fra\n[DEV]\nregion=lhr\n")
        .rc("[DEFAULT]\ncompartment-id=c\n[OCI_CLI_CANNED_QUERIES]\na=b\n");
    let environment = user.environment();
    let runs: Vec<u128> = (0..101)
        .map(|_| {
            let start = Instant::now();
            let settings =
                ocelot::profile::Settings::load(Default::default(), &environment, "ons topic list");
            drop(settings.unwrap().destination());
            start.elapsed().as_micros()
        })
        .collect();
    let best = runs.iter().min().unwrap();
    // 0.3 ms is the aim of a release build; a debug build on a busy machine gets room.
    assert!(*best < 3_000, "{best} us");
    println!("settings: {best} us");
}

#[test]
fn how_requests_are_signed() {
    let auth = |user: &User| user.settings().auth().unwrap();
    assert_eq!(auth(&User::new()), AuthKind::ApiKey);
    assert_eq!(
        auth(&User::new().flag("auth", "SECURITY_TOKEN")),
        AuthKind::SecurityToken
    );
    // As the cloud shell has it.
    let user = User::new().config(
        "[DEFAULT]\nauthentication_type = instance_principal\ndelegation_token_file = /etc/token\n",
    );
    assert_eq!(auth(&user), AuthKind::InstanceOboUser);
    let user = User::new().variable("OCI_CLI_AUTH", "magic");
    assert_eq!(
        user.error(),
        "auth cannot be magic (from OCI_CLI_AUTH): choose from api_key, instance_principal, security_token, \
         instance_obo_user, resource_principal, oke_workload_identity, pkcs11"
    );
}

#[test]
fn numbers_are_numbers() {
    let number = |user: &User| user.settings().number(Setting::ReadTimeout);
    assert_eq!(number(&User::new()).unwrap(), Some(60));
    assert_eq!(
        number(&User::new().flag("read-timeout", "5")).unwrap(),
        Some(5)
    );
    let user = User::new().rc("[DEFAULT]\nread-timeout = soon\n");
    let error = user.tilde(&number(&user).unwrap_err().to_string());
    assert_eq!(
        error,
        "read_timeout cannot be soon (from ~/.oci/oci_cli_rc:2): a whole number is expected"
    );
}
