//! `ocelot setup keys`: a key pair, and nothing else.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::passphrase::Passphrase;
use crate::cli::builtin::Answer;
use crate::cli::credentials;
use crate::cli::error::CliError;
use crate::cli::globals::Globals;
use crate::cli::terminal;
use crate::client::signing::{KeyError, KeyPair, PrivateKey, public_path_of, write_key_pair};
use crate::profile::{Environment, Settings, create_private_folder};

/// The name of the key's file that the official command line writes.
pub(super) const USUAL_NAME: &str = "oci_api_key";

pub(super) fn command() -> Command {
    let command = Command::new("keys")
        .about("Make a key pair for signing requests.")
        .arg(
            Arg::new("key-name")
                .long("key-name")
                .value_name("NAME")
                .default_value(USUAL_NAME)
                .help("Name of the key: the files are NAME.pem and NAME_public.pem."),
        )
        .arg(
            Arg::new("output-dir")
                .long("output-dir")
                .value_name("FOLDER")
                .default_value("~/.oci")
                .help("Folder for the two files."),
        )
        .arg(
            Arg::new("overwrite")
                .long("overwrite")
                .action(ArgAction::SetTrue)
                .help("Replace key files that are there already."),
        );
    Passphrase::add_to(command).after_help(
        "Example:\n  ocelot setup keys --no-passphrase\n\nAt a terminal it asks for a passphrase that is not given.",
    )
}

pub(super) fn run(matches: &ArgMatches, globals: &Globals) -> Result<Answer, CliError> {
    let environment = Environment::of_process();
    let settings = Settings::without_profile(globals.flags.clone(), &environment, "setup keys")?;
    let text = |name| matches.get_one::<String>(name).map_or("", String::as_str);
    let name = text("key-name");
    if name.is_empty() || Path::new(name).file_name() != Some(name.as_ref()) {
        return Err(CliError::value(format!(
            "--key-name is {name:?}: give the name of a file, without a folder"
        )));
    }
    let folder = absolute(&environment.expand_home(text("output-dir")))?;
    let private_path = folder.join(format!("{name}.pem"));
    let overwrite = matches.get_flag("overwrite") || may_be_replaced(&private_path)?;
    let passphrase = match Passphrase::read(matches, &settings)? {
        Passphrase::Unsaid if terminal::can_ask() => Passphrase::ask_for_new()?,
        Passphrase::Unsaid => {
            return Err(CliError::Missing {
                usage: "ocelot setup keys [OPTIONS]".to_owned(),
                flags: vec![PASSPHRASE_FLAGS.to_owned()],
                hint: "",
            });
        }
        said => said,
    };
    let key = make(&private_path, &passphrase, overwrite)?;
    let public_path = public_path_of(&private_path);
    Ok(Answer {
        data: Some(data(&key, &private_path, &public_path)),
        note: how_to_upload(None, &public_path),
        status: 0,
    })
}

/// What is named where nothing is said of a passphrase.
pub(super) const PASSPHRASE_FLAGS: &str = "--no-passphrase or --passphrase-file";

/// Asks whether a key pair may be replaced, where there is one and someone to ask.
fn may_be_replaced(private_path: &Path) -> Result<bool, CliError> {
    let paths = [private_path.to_owned(), public_path_of(private_path)];
    let there: Vec<String> = paths
        .iter()
        .filter(|path| path.exists())
        .map(|path| path.display().to_string())
        .collect();
    if there.is_empty() || !terminal::can_ask() {
        return Ok(false);
    }
    match terminal::ask_whether(&format!("Overwrite {}?", there.join(" and ")))? {
        true => Ok(true),
        false => Err(CliError::Aborted("nothing was written".to_owned())),
    }
}

/// Makes a key pair and writes it.
pub(super) fn make(
    private_path: &Path,
    passphrase: &Passphrase,
    overwrite: bool,
) -> Result<PrivateKey, CliError> {
    if let Some(folder) = private_path.parent() {
        create_private_folder(folder)?;
    }
    let public_path = public_path_of(private_path);
    let pair = KeyPair::generate(passphrase.secret()).map_err(refused)?;
    write_key_pair(&pair, private_path, &public_path, overwrite).map_err(refused)?;
    Ok(pair.key)
}

/// What is wrong with a key, and what to do about it.
pub(super) fn refused(error: KeyError) -> CliError {
    credentials::refused(error.into())
}

/// A path as the profile has it, so that it holds wherever a command is run.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, CliError> {
    std::path::absolute(path).map_err(CliError::io(format!("find {}", path.display())))
}

fn data(key: &PrivateKey, private_path: &Path, public_path: &Path) -> Value {
    json!({
        "key-file": private_path.display().to_string(),
        "public-key-file": public_path.display().to_string(),
        "fingerprint": key.fingerprint(),
    })
}

/// How the cloud gets to know a public key.
pub(super) fn how_to_upload(user: Option<&str>, public_path: &Path) -> String {
    format!(
        "Upload the public key, unless the cloud has it already: in the console under Profile > User settings > API \
         keys > Add API key, or with\n  oci iam user api-key upload --user-id {} --key-file {}",
        user.unwrap_or("USER"),
        public_path.display()
    )
}
