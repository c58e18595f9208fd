//! Flag before environment before rc file before config file before default, for every setting.

use ocelot::profile::{AuthKind, Known, MASK, SETTINGS, Setting};

use crate::User;

/// A place where a setting can be said.
#[derive(Clone, Debug)]
enum At {
    Flag(&'static str),
    Variable(&'static str),
    /// A section of the rc file, and a key in it.
    Rc(&'static str, String),
    /// A section of the config file, and a key in it.
    Config(&'static str, &'static str),
}

/// Every place where a setting can be said, the strongest first.
fn places(known: &Known) -> Vec<At> {
    let mut places: Vec<At> = known.flag.map(At::Flag).into_iter().collect();
    places.extend(known.variables.iter().map(|name| At::Variable(name)));
    if let Some(flag) = known.flag.filter(|_| known.in_rc) {
        for prefix in ["streaming.admin.stream.list.", "streaming.", ""] {
            for section in ["DEV", "DEFAULT"] {
                places.push(At::Rc(section, format!("{prefix}{flag}")));
            }
        }
    }
    if let Some(key) = known.rc_setting {
        places.push(At::Rc("OCI_CLI_SETTINGS", key.to_owned()));
    }
    for section in ["DEV", "DEFAULT"] {
        places.extend(known.config.map(|key| At::Config(section, key)));
    }
    places.extend(known.late_variables.iter().map(|name| At::Variable(name)));
    places
}

/// A user who says a setting in all these places, with a value of its own in each.
fn user(known: &Known, places: &[(usize, At)]) -> User {
    let mut user = User::new().flag("profile", "DEV");
    let mut rc = sections(["DEV", "DEFAULT", "OCI_CLI_SETTINGS"]);
    let mut config = sections(["DEV", "DEFAULT", "-"]);
    for (index, place) in places {
        let value = value(known, *index);
        match place {
            At::Flag(flag) => user = user.flag(flag, &value),
            At::Variable(name) => user = user.variable(name, &value),
            At::Rc(section, key) => add(&mut rc, section, key, &value),
            At::Config(section, key) => add(&mut config, section, key, &value),
        }
    }
    user.rc(rc.concat()).config(config.concat())
}

fn sections(names: [&str; 3]) -> [String; 3] {
    names.map(|name| format!("[{name}]\n"))
}

fn add(sections: &mut [String; 3], section: &str, key: &str, value: &str) {
    let header = format!("[{section}]\n");
    let found = sections.iter_mut().find(|text| text.starts_with(&header));
    found.unwrap().push_str(&format!("{key} = {value}\n"));
}

fn value(known: &Known, index: usize) -> String {
    match known.setting {
        Setting::Auth => AuthKind::ALL[index % 7].0.to_owned(),
        _ => format!("value-{index}"),
    }
}

fn describe(user: &User, place: &At) -> String {
    match place {
        At::Flag(flag) => format!("--{flag}"),
        At::Variable(name) => (*name).to_owned(),
        At::Rc(..) => user.path("oci_cli_rc").display().to_string(),
        At::Config(..) => user.path("config").display().to_string(),
    }
}

#[test]
fn the_strongest_place_counts_for_every_setting() {
    use Setting::{ConfigFile, Profile, RcFile};
    let mut walked = 0;
    for known in SETTINGS {
        // These three choose the places of all others, and have tests of their own.
        if [ConfigFile, RcFile, Profile].contains(&known.setting) {
            continue;
        }
        let mut places: Vec<(usize, At)> = places(known).into_iter().enumerate().collect();
        while !places.is_empty() {
            let user = user(known, &places);
            let settings = user.settings();
            let said = settings.get(known.setting).unwrap();
            let (index, strongest) = &places[0];
            assert_eq!(
                said.text(),
                value(known, *index),
                "{} {places:?}",
                known.name
            );
            let source = said.source().to_string();
            assert!(
                source.starts_with(&describe(&user, strongest)),
                "{source} {strongest:?}"
            );
            assert_eq!(said.to_string() == MASK, known.secret);
            let others = settings.values(known.setting).len();
            let by_default =
                usize::from(known.default.is_some() || known.setting == Setting::DataDir);
            // Of values in the same place the profile's own hides the inherited one only if it is blank.
            assert_eq!(others, places.len() + by_default, "{}", known.name);
            places.remove(0);
            walked += 1;
        }
        let last = User::new().settings().get(known.setting);
        if known.setting != Setting::DataDir {
            assert_eq!(
                last.map(|value| value.into_text()).as_deref(),
                known.default
            );
        }
    }
    assert!(walked > 150, "{walked}");
}

#[test]
fn the_profile_is_chosen_in_four_places() {
    let config = "[DEFAULT]\nregion=d\n[A]\nregion=a\n[B]\nregion=b\n[C]\nregion=c\n";
    let region = |user: &User| user.settings().text(Setting::Region).unwrap();
    let mut user = User::new().config(config);
    assert_eq!(region(&user), "d");
    user = user.rc("[OCI_CLI_SETTINGS]\ndefault_profile = C\n");
    assert_eq!(region(&user), "c");
    user = user.variable("OCI_CLI_PROFILE", "B");
    assert_eq!(region(&user), "b");
    user = user.flag("profile", "A");
    assert_eq!(region(&user), "a");
    let said = user.settings().get(Setting::Profile).unwrap();
    assert_eq!(
        (said.text(), said.source().to_string().as_str()),
        ("A", "--profile")
    );
}

#[test]
fn the_files_are_chosen_in_order() {
    let tenancy = |user: &User| user.settings().text(Setting::Tenancy).unwrap_or_default();
    let named = |name: &str| format!("[DEFAULT]\ntenancy={name}\n");
    let mut user = User::new();
    assert_eq!(tenancy(&user), "");
    std::fs::create_dir(user.home.path().join(".oraclebmc")).unwrap();
    std::fs::write(user.home.path().join(".oraclebmc/config"), named("old")).unwrap();
    assert_eq!(tenancy(&user), "old");
    user = user
        .file("late", named("late"))
        .variable("OCI_CONFIG_FILE", "~/.oci/late");
    assert_eq!(tenancy(&user), "late");
    user = user.config(named("usual"));
    assert_eq!(tenancy(&user), "usual");
    user = user
        .file("v", named("variable"))
        .variable("OCI_CLI_CONFIG_FILE", "~/.oci/v");
    assert_eq!(tenancy(&user), "variable");
    user = user
        .file("f", named("flag"))
        .flag("config-file", "~/.oci/f");
    assert_eq!(tenancy(&user), "flag");

    let output = |user: &User| user.settings().text(Setting::Query).unwrap_or_default();
    let named = |name: &str| format!("[DEFAULT]\nquery={name}\n");
    let mut user = User::new();
    assert_eq!(output(&user), "");
    user = user.file("cli-defaults", named("old"));
    assert_eq!(output(&user), "old");
    user = user.rc(named("usual"));
    assert_eq!(output(&user), "usual");
    user = user
        .file("v", named("variable"))
        .variable("OCI_CLI_RC_FILE", "$HOME/.oci/v");
    assert_eq!(output(&user), "variable");
    user = user
        .file("f", named("flag"))
        .flag("cli-rc-file", "~/.oci/f");
    assert_eq!(output(&user), "flag");
}

#[test]
fn of_endpoint_and_target_the_stronger_counts() {
    let destination = |user: &User| user.settings().destination().unwrap().into_text();
    let mut user = User::new();
    assert_eq!(destination(&user), "local");
    user = user.config("[DEFAULT]\ntarget = cloud\nendpoint = http://ignored\n");
    assert_eq!(destination(&user), "cloud");
    user = user.rc("[DEFAULT]\nendpoint = http://rc\n");
    assert_eq!(destination(&user), "http://rc");
    user = user.variable("OCELOT_TARGET", "local");
    assert_eq!(destination(&user), "local");
    user = user.variable("OCI_CLI_ENDPOINT", "http://variable");
    assert_eq!(destination(&user), "http://variable");
    user = user.flag("target", "cloud");
    assert_eq!(destination(&user), "cloud");
    user = user.flag("endpoint", "http://flag");
    assert_eq!(destination(&user), "http://flag");
}

#[test]
fn an_environment_that_says_who_signs_is_not_mixed_with_a_profile() {
    let mut user = User::new().config(
        "[DEFAULT]\nuser=u\nkey_file=/k\npass_phrase=p\nregion=fra\ntarget=cloud\nsecurity_token_file=/t\n",
    );
    for name in [
        "OCI_CLI_USER",
        "OCI_CLI_TENANCY",
        "OCI_CLI_FINGERPRINT",
        "OCI_CLI_REGION",
    ] {
        user = user.variable(name, "mine");
    }
    let text = |user: &User, setting| user.settings().text(setting).unwrap_or_default();
    assert_eq!(text(&user, Setting::KeyFile), "/k");
    assert_eq!(text(&user, Setting::PassPhrase), "p");
    user = user.variable("OCI_CLI_KEY_CONTENT", "-----BEGIN");
    for setting in [
        Setting::KeyFile,
        Setting::PassPhrase,
        Setting::SecurityTokenFile,
    ] {
        assert_eq!(text(&user, setting), "", "{setting:?}");
    }
    assert_eq!(text(&user, Setting::Region), "mine");
    assert_eq!(text(&user, Setting::Target), "cloud");
    // Nor does it matter then what is wrong with the file.
    user = user.config("broken").flag("profile", "NONE");
    assert_eq!(text(&user, Setting::User), "mine");
}

#[test]
fn blank_variables_and_flags_say_nothing() {
    let user = User::new()
        .config("[DEFAULT]\nregion=fra\n")
        .variable("OCI_CLI_REGION", "  ")
        .variable("OCI_CLI_PROFILE", "")
        .flag("region", "");
    assert_eq!(user.settings().text(Setting::Region).unwrap(), "fra");
}
