//! What is on this machine: the data folder, the config file, the environment.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Findings;
use crate::cli::globals::Globals;
use crate::cli::target;
use crate::client::signing::check_permissions;
use crate::engine::{EngineError, FolderError, Home};
use crate::profile::{SETTINGS, Setting, Settings, Source};
use crate::server::Holder;

/// How long a server may take to let go of the data folder; most commands need a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether the engine on this machine can keep data.
pub(super) fn check_data_folder(globals: &Globals, findings: &mut Findings) {
    const CHECK: &str = "data-folder";
    let home = match target::home(globals) {
        Ok(home) => home,
        Err(error) => {
            return findings.failed(CHECK, error.to_string(), "Name a folder with --data-dir.");
        }
    };
    let folder = match &home {
        Home::Memory => return findings.ok(CHECK, "the engine keeps its data in memory"),
        Home::Folder(folder) => folder,
    };
    let shown = folder.display();
    if !folder.exists() {
        return match writable_ancestor(folder) {
            Ok(()) => findings.ok(
                CHECK,
                format!("{shown} is made by the first command that needs it"),
            ),
            Err(reason) => findings.failed(
                CHECK,
                format!("{shown} cannot be made: {reason}"),
                "Choose another folder with --data-dir or OCELOT_HOME.",
            ),
        };
    }
    match look_into(&home, globals) {
        Ok(told) => findings.ok(CHECK, format!("{shown} {told}")),
        Err(EngineError::Folder(FolderError::Busy { holder, .. })) => findings.warning(
            CHECK,
            format!("{shown} is in use by process {holder}"),
            "Commands on the local engine wait for that process.",
        ),
        Err(error) => findings.failed(
            CHECK,
            error.to_string(),
            "Choose another folder with --data-dir or OCELOT_HOME, or mend this one.",
        ),
    }
}

/// What a data folder holds, or which server has it.
fn look_into(home: &Home, globals: &Globals) -> Result<String, EngineError> {
    match Holder::find(home, &globals.durability.into(), PATIENCE)? {
        Holder::Here(engine) => engine.status().map(|status| {
            format!(
                "holds {} bytes of metadata and {} of messages",
                status.metadata_bytes, status.messages_bytes
            )
        }),
        Holder::Server(server) => Ok(format!(
            "is served at {} by process {}, which answers commands on it",
            server.http, server.pid
        )),
    }
}

/// Whether the closest folder above that is there can be written to.
fn writable_ancestor(folder: &Path) -> Result<(), String> {
    let mut above = folder.ancestors().skip(1);
    let above = above.find(|folder| folder.exists());
    let above = above.filter(|folder| !folder.as_os_str().is_empty());
    let above = above.map_or_else(|| PathBuf::from("."), Path::to_owned);
    match tempfile::tempfile_in(&above) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{}: {error}", above.display())),
    }
}

/// The config file, and what the environment makes of it.
pub(super) fn check_settings(settings: &Settings, findings: &mut Findings) {
    let path = settings.path(Setting::ConfigFile).unwrap_or_default();
    let profile = settings.text(Setting::Profile).unwrap_or_default();
    let shown = path.display();
    if path.exists() {
        findings.ok("settings", format!("profile {profile} of {shown}"));
        match check_permissions(&path) {
            None => findings.ok("permissions", format!("only you can read {shown}")),
            Some(warning) => findings.warning("permissions", warning.to_string(), warning.hint()),
        }
    } else {
        findings.ok(
            "settings",
            format!("there is no {shown}; nothing needs one here"),
        );
        findings.skipped("permissions", "there is no config file");
    }
    check_environment(settings, findings);
}

/// Variables that win over what the files say, and those that nobody knows.
fn check_environment(settings: &Settings, findings: &mut Findings) {
    const CHECK: &str = "environment";
    let mut surprises = Vec::new();
    for known in SETTINGS {
        let values = settings.values(known.setting);
        let Some((Source::Variable(name), rest)) = values
            .split_first()
            .map(|(first, rest)| (first.source(), rest))
        else {
            continue;
        };
        let in_file = rest
            .iter()
            .find(|value| matches!(value.source(), Source::Config(_) | Source::Rc(_)));
        if let Some(value) = in_file {
            surprises.push(format!("{name} wins over {}", value.source()));
        }
    }
    let is_known = |name: &str| {
        let mut variables = SETTINGS.iter().flat_map(|known| known.variables);
        variables.any(|known| *known == name)
    };
    let set = settings.environment().names("OCI_CLI_");
    let unknown = set.into_iter().filter(|name| !is_known(name));
    surprises.extend(unknown.map(|name| format!("{name} says nothing to ocelot")));
    match surprises.is_empty() {
        true => findings.ok(CHECK, "no variable gets in the way of the files"),
        false => findings.warning(
            CHECK,
            surprises.join("; "),
            "Unset those that are not meant; ocelot config explain shows what is in force.",
        ),
    }
}
