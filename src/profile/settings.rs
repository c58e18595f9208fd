//! The settings in force for one command, each with where it came from.
//!
//! An option of the command line counts more than the environment, that more than the rc file, that more
//! than the profile of the config file, and what nobody says has a default.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::config::{self, Profile};
use super::endpoint::BaseUrl;
use super::environment::Environment;
use super::error::ProfileError;
use super::rc::RcFile;
use super::regions::Region;
use super::setting::{Known, SETTINGS, Setting};
use super::source::{Source, Value};
use crate::api::operation::Operation;

/// The global options that were given, by their names without dashes.
#[derive(Clone, Default)]
pub struct Flags(Vec<(&'static str, String)>);

impl Flags {
    /// Adds an option; the last one counts. One that takes nothing has the value `true`.
    pub fn set(&mut self, flag: &'static str, value: impl Into<String>) {
        self.remove(flag);
        self.0.push((flag, value.into()));
    }

    /// Takes an option back.
    pub fn remove(&mut self, flag: &str) {
        self.0.retain(|(given, _)| *given != flag);
    }

    /// The value of an option; an empty one counts as not given.
    pub fn get(&self, flag: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(given, _)| *given == flag)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }
}

impl<V: Into<String>> FromIterator<(&'static str, V)> for Flags {
    fn from_iter<I: IntoIterator<Item = (&'static str, V)>>(given: I) -> Self {
        let mut flags = Self::default();
        for (flag, value) in given {
            flags.set(flag, value);
        }
        flags
    }
}

impl fmt::Debug for Flags {
    /// Leaves the values out, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(flag, _)| flag);
        f.debug_set().entries(names).finish()
    }
}

/// How requests are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthKind {
    /// With the user's key.
    ApiKey,
    /// With the token of a session.
    SecurityToken,
    /// As the machine that this runs on.
    InstancePrincipal,
    /// As the machine that this runs on, for a user.
    InstanceOboUser,
    /// As the resource that this runs in.
    ResourcePrincipal,
    /// As a workload of a Kubernetes cluster.
    OkeWorkloadIdentity,
    /// With a key in a PKCS #11 token.
    Pkcs11,
}

impl AuthKind {
    /// Every kind with its name.
    pub const ALL: [(&'static str, Self); 7] = [
        ("api_key", Self::ApiKey),
        ("instance_principal", Self::InstancePrincipal),
        ("security_token", Self::SecurityToken),
        ("instance_obo_user", Self::InstanceOboUser),
        ("resource_principal", Self::ResourcePrincipal),
        ("oke_workload_identity", Self::OkeWorkloadIdentity),
        ("pkcs11", Self::Pkcs11),
    ];

    /// Whether it does without a config file.
    fn needs_no_profile(self) -> bool {
        matches!(
            self,
            Self::InstancePrincipal | Self::ResourcePrincipal | Self::OkeWorkloadIdentity
        )
    }
}

/// A row of what `ocelot config explain` prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The setting's name; for the default of a command's option, its key in the rc file.
    pub name: String,
    /// Its value, masked if it is a secret.
    pub value: String,
    /// Where it came from.
    pub source: String,
    /// Where other values stand that this one wins over.
    pub overrides: Vec<String>,
}

/// The settings in force for one command.
#[derive(Debug)]
pub struct Settings {
    flags: Flags,
    environment: Environment,
    rc: RcFile,
    config_file: Option<Value>,
    profile_name: Value,
    profile: Profile,
    command: String,
    /// Whether the environment alone says who signs, so that the config file is not asked.
    identified_by_environment: bool,
}

impl Settings {
    /// Reads what there is. `command` holds the words of the command, as `streaming admin stream list`,
    /// for which the rc file may have defaults of its own.
    pub fn load(
        flags: Flags,
        environment: &Environment,
        command: &str,
    ) -> Result<Self, ProfileError> {
        let mut settings = Self::without_profile(flags, environment, command)?;
        let named = settings.get(Setting::ConfigFile);
        settings.config_file = named.or_else(|| config::unnamed_file(environment));
        let auth = settings.auth()?;
        settings.profile = settings.load_profile(auth)?;
        Ok(settings)
    }

    /// Reads all but the config file: what a command goes by that a broken one must not stop.
    pub fn without_profile(
        flags: Flags,
        environment: &Environment,
        command: &str,
    ) -> Result<Self, ProfileError> {
        let rc = RcFile::open(flags.get("cli-rc-file"), environment)?;
        let mut settings = Self {
            identified_by_environment: is_identified(&flags, environment),
            profile_name: Value::new("", Source::Default),
            config_file: None,
            profile: Profile::default(),
            environment: environment.clone(),
            command: command.to_owned(),
            flags,
            rc,
        };
        if let Some(name) = settings.get(Setting::Profile) {
            settings.profile_name = name;
        }
        Ok(settings)
    }

    fn load_profile(&self, auth: AuthKind) -> Result<Profile, ProfileError> {
        use ProfileError::{NoConfigFile, NoFile, NoProfile};
        let Some(path) = &self.config_file else {
            return Ok(Profile::default());
        };
        let in_rc = self.rc.has_profile(self.profile_name.text());
        match Profile::load(path, &self.profile_name, &self.environment, in_rc) {
            Err(_) if self.identified_by_environment => Ok(Profile::default()),
            Err(NoFile { .. } | NoConfigFile { .. } | NoProfile { .. })
                if auth.needs_no_profile() =>
            {
                Ok(Profile::default())
            }
            loaded => loaded,
        }
    }

    /// A setting's value in force.
    pub fn get(&self, setting: Setting) -> Option<Value> {
        self.values(setting).into_iter().next()
    }

    /// A setting's value in force, without where it came from.
    pub fn text(&self, setting: Setting) -> Option<String> {
        self.get(setting).map(Value::into_text)
    }

    /// Whether a setting that is a switch is on.
    pub fn is_on(&self, setting: Setting) -> bool {
        self.get(setting).is_some_and(|value| value.is_on())
    }

    /// A setting that is a path, with `~` replaced by the home folder.
    pub fn path(&self, setting: Setting) -> Option<PathBuf> {
        let value = self.get(setting)?;
        Some(self.environment.expand_home(value.text()))
    }

    /// A setting that is a number.
    pub fn number(&self, setting: Setting) -> Result<Option<u64>, ProfileError> {
        let expected = "a whole number is expected";
        self.get(setting)
            .map(|value| parse(setting, &value, expected))
            .transpose()
    }

    /// How requests are signed.
    pub fn auth(&self) -> Result<AuthKind, ProfileError> {
        let Some(value) = self.get(Setting::Auth) else {
            return Ok(AuthKind::ApiKey);
        };
        let names = AuthKind::ALL.map(|(name, _)| name);
        let expected = format!("choose from {}", names.join(", "));
        parse(Setting::Auth, &value, &expected)
    }

    /// The region that requests go to.
    pub fn region(&self) -> Result<Option<Region>, ProfileError> {
        self.get(Setting::Region)
            .map(|name| Region::find(name.text(), &self.environment))
            .transpose()
    }

    /// Who answers: the endpoint, or the target; of the two the one that is said in the stronger place.
    pub fn destination(&self) -> Option<Value> {
        let target = self.get(Setting::Target);
        let endpoint = self.get(Setting::Endpoint);
        match (&endpoint, &target) {
            (Some(url), Some(name)) if name.source().rank() < url.source().rank() => target,
            (Some(_), _) => endpoint,
            (None, _) => target,
        }
    }

    /// The address in the cloud that serves an operation: the endpoint, or else the region's.
    pub fn base_url(&self, operation: &Operation) -> Result<BaseUrl, ProfileError> {
        if let Some(url) = self.get(Setting::Endpoint) {
            return BaseUrl::given(url.text(), operation.client);
        }
        let region = self.region()?.ok_or(ProfileError::NoRegion)?;
        BaseUrl::in_region(operation, &region, self.is_on(Setting::DualStack))
    }

    /// The default that the rc file has for an option of the command. `names` holds the option's long
    /// and short names without dashes.
    pub fn option_default(&self, names: &[&str]) -> Option<Value> {
        let defaults = self
            .rc
            .defaults(self.profile_name.text(), &self.command, names);
        defaults.into_iter().next()
    }

    /// The rc file.
    pub fn rc(&self) -> &RcFile {
        &self.rc
    }

    /// The environment that the settings were read from.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Every value that is said of a setting, the one in force first.
    pub fn values(&self, setting: Setting) -> Vec<Value> {
        let known = setting.known();
        let variables = |names: &'static [&'static str]| {
            names.iter().filter_map(|name| {
                let text = self.environment.get(name)?;
                Some(Value::new(text, Source::Variable(name)))
            })
        };
        let mut values = Vec::new();
        values.extend(self.flag(known));
        values.extend(variables(known.variables));
        values.extend(self.rc_values(known));
        values.extend(self.config_values(known));
        values.extend(variables(known.late_variables));
        values.extend(self.default_value(known));
        values.retain(|value| !value.text().trim().is_empty());
        let hidden = values
            .into_iter()
            .map(|value| value.hidden_if(known.secret));
        hidden.collect()
    }

    fn flag(&self, known: &Known) -> Option<Value> {
        let flag = known.flag?;
        let text = self.flags.get(flag)?;
        Some(Value::new(text, Source::Flag(flag)))
    }

    fn rc_values(&self, known: &Known) -> Vec<Value> {
        let mut values = Vec::new();
        if let Some(flag) = known.flag.filter(|_| known.in_rc) {
            // The official command line looks for some with a hyphen and for some with an underscore.
            let names: &[&str] = match flag == known.name {
                true => &[flag],
                false => &[flag, known.name],
            };
            values = self
                .rc
                .defaults(self.profile_name.text(), &self.command, names);
        }
        values.extend(known.rc_setting.and_then(|key| self.rc.setting(key)));
        values
    }

    fn config_values(&self, known: &Known) -> Vec<Value> {
        if known.identity && self.identified_by_environment {
            return Vec::new();
        }
        let Some(key) = known.config else {
            return Vec::new();
        };
        let values = self.profile.values(key, known.secret);
        match known.setting {
            Setting::Auth => values.map(|value| self.auth_of_profile(value)).collect(),
            _ => values.collect(),
        }
    }

    /// What a profile's `authentication_type` means: the cloud shell's says that the machine signs, and
    /// names a token that says for whom.
    fn auth_of_profile(&self, value: Value) -> Value {
        let is_delegated = self.get(Setting::DelegationTokenFile).is_some();
        match value.text() {
            "instance_principal" if is_delegated => {
                Value::new("instance_obo_user", value.source().clone())
            }
            _ => value,
        }
    }

    fn default_value(&self, known: &Known) -> Option<Value> {
        let value = match known.setting {
            Setting::ConfigFile => self.config_file.clone(),
            Setting::RcFile => self.rc.path().cloned(),
            Setting::DataDir => {
                let folder = self.environment.data_folder()?.join("ocelot");
                Some(config::by_default(folder))
            }
            _ => known.default.map(|text| Value::new(text, Source::Default)),
        };
        // What was named comes before this already.
        value.filter(|value| {
            matches!(
                value.source(),
                Source::Default | Source::Variable("OCI_CONFIG_FILE")
            )
        })
    }

    /// Every setting in force, and the defaults of commands' options; nothing that is not said anywhere.
    pub fn explain(&self) -> Vec<Row> {
        let settings = SETTINGS.iter().filter_map(|known| {
            let values = self.values(known.setting);
            let (first, rest) = values.split_first()?;
            Some(row(known.name, first, rest))
        });
        let is_setting = |key: &str| {
            let mut known = SETTINGS.iter().filter(|known| known.in_rc);
            known.any(|known| known.flag == Some(key) || known.name == key)
        };
        let defaults = self.rc.all_defaults(self.profile_name.text()).into_iter();
        let defaults = defaults.filter(|(key, _)| !is_setting(key));
        settings
            .chain(defaults.map(|(key, value)| row(key, &value, &[])))
            .collect()
    }
}

fn row(name: &str, value: &Value, overridden: &[Value]) -> Row {
    let others = overridden.iter().map(Value::source);
    Row {
        name: name.to_owned(),
        value: value.to_string(),
        source: value.source().to_string(),
        overrides: others
            .filter(|source| **source != Source::Default)
            .map(ToString::to_string)
            .collect(),
    }
}

/// Whether the environment, with the region on the line, says all that a request is signed with.
fn is_identified(flags: &Flags, environment: &Environment) -> bool {
    let is_set = |name: &str| environment.get(name).is_some();
    let who = ["OCI_CLI_USER", "OCI_CLI_TENANCY", "OCI_CLI_FINGERPRINT"];
    let has_region = is_set("OCI_CLI_REGION") || flags.get("region").is_some();
    let has_key = is_set("OCI_CLI_KEY_FILE") || is_set("OCI_CLI_KEY_CONTENT");
    who.into_iter().all(is_set) && has_region && has_key
}

impl FromStr for AuthKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, kind)| kind).ok_or(())
    }
}

fn parse<T: FromStr>(setting: Setting, value: &Value, expected: &str) -> Result<T, ProfileError> {
    value
        .text()
        .trim()
        .parse()
        .map_err(|_| ProfileError::BadValue {
            setting: setting.known().name,
            value: value.to_string(),
            source_of_it: value.source().to_string(),
            expected: expected.to_owned(),
        })
}
