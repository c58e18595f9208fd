//! `serve --seed FILE`: what is to be there when a server starts, as YAML or JSON.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, absolute};

use clap::{Arg, ArgMatches};
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::error::CliError;
use crate::engine::{Seed, SeedLines};
use crate::profile::Environment;

/// A seed lists resources by hand; what is far longer is another file.
const MOST_BYTES: u64 = 4 << 20;

/// The option, for the tree.
pub(super) fn option() -> Arg {
    Arg::new("seed")
        .long("seed")
        .value_name("FILE")
        .help(
            "YAML file with resources to make where they are missing: lists stream-pools, streams, queues, topics, \
             subscriptions, rules, alarms, connect-harnesses, logs and service-connectors, each resource with the fields \
             that its create command takes (of a log: ocelot local log add). Where an OCID is asked for, the name of a \
             resource stands for it; the path of a log's file begins at the folder of the seed.",
        )
}

/// What the file of the line says.
pub(super) fn read(matches: &ArgMatches) -> Result<Option<Seed>, CliError> {
    let Some(given) = matches.get_one::<String>("seed") else {
        return Ok(None);
    };
    let path = Environment::of_process().expand_home(given);
    let text = read_text(&path)?;
    let unreadable =
        |reason: String| CliError::refused(format!("{} is no seed: {reason}", path.display()));
    let mut document: Value =
        serde_saphyr::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    complete_paths(&mut document, folder).map_err(unreadable)?;
    let seed =
        Seed::read(&document, &lines(&text)).map_err(|error| unreadable(error.to_string()))?;
    Ok(Some(seed))
}

/// Has the paths of logs begin at the root. As they stand they begin at the folder of the seed.
fn complete_paths(document: &mut Value, folder: &Path) -> Result<(), String> {
    let logs = document.get_mut("logs").and_then(Value::as_array_mut);
    for log in logs.into_iter().flatten() {
        let Some(Value::String(file)) = log.get_mut("file") else {
            continue;
        };
        if file.trim().is_empty() {
            continue;
        }
        let given = Environment::of_process().expand_home(&*file);
        let path = absolute(folder.join(given)).map_err(|error| format!("file {file}: {error}"))?;
        let path = path.into_os_string().into_string();
        *file = path.map_err(|_| format!("file {file} is in a folder whose name is no text"))?;
    }
    Ok(())
}

/// Where the resources stand. In a document of another form nothing does.
fn lines(text: &str) -> SeedLines {
    let sections: BTreeMap<String, Vec<Spanned<IgnoredAny>>> =
        serde_saphyr::from_str(text).unwrap_or_default();
    let sections = sections.into_iter().map(|(section, resources)| {
        let lines = resources.iter().map(|resource| resource.defined.line());
        (section, lines.collect())
    });
    sections.collect()
}

fn read_text(path: &Path) -> Result<String, CliError> {
    let action = format!("read the seed {}", path.display());
    let bytes = fs::metadata(path).map_err(CliError::io(&action))?.len();
    if bytes > MOST_BYTES {
        return Err(CliError::refused(format!(
            "{} has {bytes} bytes, so it is no seed",
            path.display()
        )));
    }
    fs::read_to_string(path).map_err(CliError::io(action))
}
