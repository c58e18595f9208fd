//! `ocelot setup config`: a profile, and a key pair where there is none yet.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::keys;
use super::passphrase::Passphrase;
use crate::cli::builtin::Answer;
use crate::cli::error::CliError;
use crate::cli::globals::Globals;
use crate::cli::target::{is_address, no_target};
use crate::cli::terminal;
use crate::client::signing::{KeyErrorKind, PrivateKey, public_path_of};
use crate::profile::{
    Environment, ProfileError, Region, Setting, Settings, Written, check_new_profile, write_profile,
};

pub(super) fn command() -> Command {
    let text = |name, value_name, help| {
        Arg::new(name)
            .long(name)
            .value_name(value_name)
            .help(help)
            .allow_hyphen_values(true)
    };
    let command = Command::new("config")
        .about("Write a profile into the config file, and make a key pair for it.")
        .arg(text("user", "OCID", "The user who signs."))
        .arg(text("tenancy", "OCID", "The user's tenancy."))
        .arg(text("region", "REGION", "Region that the profile's commands go to."))
        .arg(text(
            "key-file",
            "FILE",
            "Private key to sign with; a new key pair is made if the file is not there (default \
             oci_api_key.pem beside the config file).",
        ))
        .arg(text("profile", "NAME", "Name of the profile (default DEFAULT)."))
        .arg(
            text("config-file", "FILE", "Config file (default ~/.oci/config).")
                .alias("config-location"),
        )
        .arg(text(
            "target",
            "WHERE",
            "Write into the profile who answers its commands: local, cloud, or a URL.",
        ))
        .arg(
            Arg::new("store-passphrase")
                .long("store-passphrase")
                .action(ArgAction::SetTrue)
                .help("Write the passphrase into the profile, in plain text."),
        )
        .arg(
            Arg::new("overwrite")
                .long("overwrite")
                .action(ArgAction::SetTrue)
                .help("Replace a profile of this name; the file as it was is kept in a backup. A key is never replaced."),
        );
    Passphrase::add_to(command).after_help(
        "Example:\n  ocelot setup config --user ocid1.user.oc1..aaaa --tenancy ocid1.tenancy.oc1..aaaa \\\n      \
         --region eu-frankfurt-1 --no-passphrase\n\nAt a terminal it asks for what is not given. OCI_CLI_USER, \
         OCI_CLI_TENANCY, OCI_CLI_REGION, OCI_CLI_KEY_FILE and OCI_CLI_PASSPHRASE count where an option is not given.",
    )
}

pub(super) fn run(matches: &ArgMatches, globals: &Globals) -> Result<Answer, CliError> {
    let mut plan = Plan::read(matches, globals)?;
    plan.check_profile()?;
    if terminal::can_ask() {
        plan.ask()?;
    }
    let complete = plan.complete()?;
    plan.carry_out(&complete)
}

/// What is to be written, as far as it is known.
struct Plan {
    config_file: PathBuf,
    profile: String,
    overwrite: bool,
    user: Option<String>,
    tenancy: Option<String>,
    region: Option<String>,
    key_file: Option<PathBuf>,
    /// The key in the file, if there is one and it is open.
    key: Option<PrivateKey>,
    passphrase: Passphrase,
    store_passphrase: bool,
    target: Option<String>,
    environment: Environment,
}

/// What a profile cannot do without.
struct Complete {
    user: String,
    tenancy: String,
    region: String,
    key_file: PathBuf,
}

impl Plan {
    fn read(matches: &ArgMatches, globals: &Globals) -> Result<Self, CliError> {
        let environment = Environment::of_process();
        let flags = globals.flags.clone();
        let settings = Settings::without_profile(flags, &environment, "setup config")?;
        let own = |name: &str, setting| {
            let given = matches.get_one::<String>(name).cloned();
            given.or_else(|| settings.text(setting))
        };
        let checked = |flag: &str, value: Option<String>, kind: &str| match value {
            Some(text) => check_ocid(&text, kind).map(Some).map_err(|reason| {
                CliError::value(format!("Invalid value for '--{flag}': {reason}"))
            }),
            None => Ok(None),
        };
        let config_file = match settings.path(Setting::ConfigFile) {
            Some(path) => path,
            None => usual_folder(&environment)?.join("config"),
        };
        let key_file = own("key-file", Setting::KeyFile);
        let key_file = key_file.map(|path| keys::absolute(&environment.expand_home(path)));
        let mut plan = Self {
            config_file: keys::absolute(&config_file)?,
            profile: settings.text(Setting::Profile).unwrap_or_default(),
            overwrite: matches.get_flag("overwrite"),
            user: checked("user", own("user", Setting::User), "user")?,
            tenancy: checked("tenancy", own("tenancy", Setting::Tenancy), "tenancy")?,
            region: settings.text(Setting::Region),
            key_file: key_file.transpose()?,
            key: None,
            passphrase: Passphrase::read(matches, &settings)?,
            store_passphrase: matches.get_flag("store-passphrase"),
            target: checked_target(globals)?,
            environment,
        };
        if let Some(name) = plan.region.take() {
            plan.region = Some(plan.region_name(&name)?);
        }
        // The usual file is taken only where nobody could mean another key by it.
        let usual = plan.usual_key_file();
        if plan.key_file.is_none() && !usual.exists() && !terminal::can_ask() {
            plan.key_file = Some(usual);
        }
        plan.open_key()?;
        Ok(plan)
    }

    fn usual_key_file(&self) -> PathBuf {
        let name = format!("{}.pem", keys::USUAL_NAME);
        self.config_file.with_file_name(name)
    }

    /// The region's full name; one that is not known is taken as it is given.
    fn region_name(&self, name: &str) -> Result<String, CliError> {
        let region = Region::find(name, &self.environment)?;
        if region.code.is_none() {
            terminal::note(&format!(
                "Note: {} is no region that is known here; it is written as it is.",
                region.name
            ));
        }
        Ok(region.name)
    }

    /// Reads the key in the file, as far as it is there and open.
    fn open_key(&mut self) -> Result<(), CliError> {
        let Some(path) = self.key_file.as_ref().filter(|path| path.exists()) else {
            return Ok(());
        };
        match PrivateKey::from_file(path, self.passphrase.secret()) {
            Ok(key) => self.key = Some(key),
            Err(error) if matches!(error.kind(), KeyErrorKind::PassphraseMissing) => {}
            Err(error) => return Err(keys::refused(error)),
        }
        Ok(())
    }

    /// Holds that no profile is lost that was not to be.
    fn check_profile(&mut self) -> Result<(), CliError> {
        match check_new_profile(&self.config_file, &self.profile) {
            Err(ProfileError::ProfileExists { .. }) if self.overwrite => Ok(()),
            Err(ProfileError::ProfileExists { .. }) if terminal::can_ask() => {
                let question = format!(
                    "Profile {} is in {} already. Replace it?",
                    self.profile,
                    self.config_file.display()
                );
                self.overwrite = terminal::ask_whether(&question)?;
                match self.overwrite {
                    true => Ok(()),
                    false => Err(CliError::Aborted(
                        "nothing was written; --profile NAME writes another profile".to_owned(),
                    )),
                }
            }
            checked => Ok(checked?),
        }
    }

    /// Asks for what is missing.
    fn ask(&mut self) -> Result<(), CliError> {
        if self.user.is_none() {
            self.user = Some(ask_for_ocid("The user's OCID", "user")?);
        }
        if self.tenancy.is_none() {
            self.tenancy = Some(ask_for_ocid("The tenancy's OCID", "tenancy")?);
        }
        while self.region.is_none() {
            let name = terminal::ask("The region, as eu-frankfurt-1", None)?;
            if !name.is_empty() {
                self.region = Some(self.region_name(&name)?);
            }
        }
        if self.key_file.is_none() {
            let usual = self.usual_key_file().display().to_string();
            let question = "The private key's file; a new key pair is made if it is not there";
            let path = terminal::ask(question, Some(&usual))?;
            self.key_file = Some(keys::absolute(&self.environment.expand_home(path))?);
            self.open_key()?;
        }
        self.ask_for_passphrase()
    }

    /// Asks for the passphrase that opens the key, or that a new one gets, where that is not clear yet.
    fn ask_for_passphrase(&mut self) -> Result<(), CliError> {
        let is_there = self.key_file.as_ref().is_some_and(|path| path.exists());
        let is_clear = match is_there {
            true => self.key.is_some(),
            false => self.passphrase.is_said(),
        };
        if is_clear {
            return Ok(());
        }
        if !is_there {
            self.passphrase = Passphrase::ask_for_new()?;
        }
        while is_there && self.key.is_none() {
            let secret = terminal::ask_secret("The private key's passphrase")?;
            self.passphrase = Passphrase::Secret(secret);
            if let Err(error) = self.open_key() {
                terminal::note(&error.to_string());
            }
        }
        if self.passphrase.secret().is_some() && !self.store_passphrase {
            let question = "Write the passphrase into the profile, in plain text?";
            self.store_passphrase = terminal::ask_whether(question)?;
        }
        Ok(())
    }

    /// All that a profile needs, or the names of the options that are missing.
    fn complete(&self) -> Result<Complete, CliError> {
        let is_there = self.key_file.as_ref().is_some_and(|path| path.exists());
        let needs_passphrase = match is_there {
            true => self.key.is_none(),
            false => self.key_file.is_some() && !self.passphrase.is_said(),
        };
        if let (Some(user), Some(tenancy), Some(region), Some(key_file), false) = (
            &self.user,
            &self.tenancy,
            &self.region,
            &self.key_file,
            needs_passphrase,
        ) {
            return Ok(Complete {
                user: user.clone(),
                tenancy: tenancy.clone(),
                region: region.clone(),
                key_file: key_file.clone(),
            });
        }
        let missing = [
            ("--user", self.user.is_none()),
            ("--tenancy", self.tenancy.is_none()),
            ("--region", self.region.is_none()),
            ("--key-file", self.key_file.is_none()),
            (keys::PASSPHRASE_FLAGS, needs_passphrase && !is_there),
            ("--passphrase-file", needs_passphrase && is_there),
        ];
        let missing = missing.into_iter().filter(|(_, is_missing)| *is_missing);
        Err(CliError::Missing {
            usage: "ocelot setup config [OPTIONS]".to_owned(),
            flags: missing.map(|(flag, _)| flag.to_owned()).collect(),
            hint: match self.key_file {
                None => KEY_IS_THERE,
                Some(_) => "",
            },
        })
    }

    fn carry_out(&self, complete: &Complete) -> Result<Answer, CliError> {
        let made;
        let (key, is_new) = match &self.key {
            Some(key) => (key, false),
            None => {
                made = keys::make(&complete.key_file, &self.passphrase, false)?;
                (&made, true)
            }
        };
        let fingerprint = key.fingerprint();
        let key_file = complete.key_file.display().to_string();
        let mut entries = vec![
            ("user", complete.user.as_str()),
            ("fingerprint", &fingerprint),
            ("key_file", &key_file),
            ("tenancy", &complete.tenancy),
            ("region", &complete.region),
        ];
        let secret = self.passphrase.secret().filter(|_| self.store_passphrase);
        entries.extend(secret.map(|secret| ("pass_phrase", secret.expose_secret())));
        entries.extend(self.target.as_deref().map(|target| ("target", target)));
        let written = write_profile(&self.config_file, &self.profile, &entries, self.overwrite);
        let written = written.map_err(|error| match is_new {
            true => CliError::refused(format!(
                "{error}; the key pair is made: give --key-file {key_file} next time"
            )),
            false => error.into(),
        })?;
        Ok(Answer {
            data: Some(self.data(complete, &fingerprint, is_new, &written)),
            note: self.next_steps(complete),
            status: 0,
        })
    }

    fn data(
        &self,
        complete: &Complete,
        fingerprint: &str,
        is_new: bool,
        written: &Written,
    ) -> Value {
        let shown = |path: &Path| path.display().to_string();
        let public_path = public_path_of(&complete.key_file);
        json!({
            "config-file": shown(&self.config_file),
            "profile": self.profile,
            "replaced": written.replaced,
            "backup": written.backup.as_deref().map(shown),
            "user": complete.user,
            "tenancy": complete.tenancy,
            "region": complete.region,
            "fingerprint": fingerprint,
            "key-file": shown(&complete.key_file),
            "key-is-new": is_new,
            "public-key-file": public_path.exists().then(|| shown(&public_path)),
            "passphrase-stored": self.store_passphrase && self.passphrase.secret().is_some(),
        })
    }

    fn next_steps(&self, complete: &Complete) -> String {
        let public_path = public_path_of(&complete.key_file);
        let mut steps = keys::how_to_upload(Some(&complete.user), &public_path);
        if !public_path.exists() {
            steps += &format!(
                "\nThat file is not there yet: openssl rsa -pubout -in {} -out {} writes it.",
                complete.key_file.display(),
                public_path.display()
            );
        }
        if self.passphrase.secret().is_some() && !self.store_passphrase {
            steps += "\nThe profile does not hold the passphrase: set OCI_CLI_PASSPHRASE for commands that sign.";
        }
        let profile = match self.profile.as_str() {
            "DEFAULT" => String::new(),
            name => format!(" --profile {name}"),
        };
        steps
            + &format!("\nocelot doctor --target cloud{profile} tells whether the cloud takes it.")
    }
}

const KEY_IS_THERE: &str = " The usual key file, oci_api_key.pem beside the config file, is there already: give \
    it as --key-file to sign with it, or another file for a new key pair.";

/// Who is to answer the profile's commands, as far as the line says so.
fn checked_target(globals: &Globals) -> Result<Option<String>, CliError> {
    match globals.flags.get("target") {
        Some(name) if !["local", "cloud"].contains(&name) && !is_address(name) => {
            Err(no_target("--target", name))
        }
        target => Ok(target.map(str::to_owned)),
    }
}

fn usual_folder(environment: &Environment) -> Result<PathBuf, CliError> {
    let home = environment.home().ok_or_else(|| {
        CliError::refused("there is no home folder to write into: give --config-file")
    })?;
    Ok(home.join(".oci"))
}

fn ask_for_ocid(question: &str, kind: &str) -> Result<String, CliError> {
    loop {
        match check_ocid(&terminal::ask(question, None)?, kind) {
            Ok(ocid) => return Ok(ocid),
            Err(reason) => terminal::note(&reason),
        }
    }
}

/// Checks the form of an OCID: at least five parts between dots or colons, the second of which tells the kind.
/// The middle ones may be empty.
fn check_ocid(text: &str, kind: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split(['.', ':']).collect();
    let is_part = |part: &&str| {
        let mut chars = part.chars();
        chars.all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let has_ends = parts.first().zip(parts.last());
    let has_ends = has_ends.is_some_and(|(first, last)| !first.is_empty() && !last.is_empty());
    if parts.len() < 5 || !has_ends || !parts.iter().all(is_part) {
        return Err(format!(
            "{text:?} is no OCID; the console shows it, as ocid1.{kind}.oc1..aaaa…"
        ));
    }
    match parts.get(1) {
        Some(named) if *named == kind => Ok(text.to_owned()),
        _ => Err(format!("{text} is not the OCID of a {kind}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ocids_are_checked_for_form_and_kind() {
        for text in ["ocid1.user.oc1..aaaa", "ocidv1:user:oc1:phx:1460:aaaa"] {
            assert_eq!(check_ocid(text, "user").as_deref(), Ok(text));
        }
        for text in [
            "",
            "me",
            "ocid1.user.oc1..",
            "ocid1.user.oc1..a b",
            "a.user.b.c",
        ] {
            assert!(check_ocid(text, "user").is_err(), "{text}");
        }
        let error = check_ocid("ocid1.tenancy.oc1..aaaa", "user").unwrap_err();
        assert_eq!(error, "ocid1.tenancy.oc1..aaaa is not the OCID of a user");
    }
}
