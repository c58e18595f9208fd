//! The settings there are, and where each can be said.

use Setting as S;

/// A setting of the whole program. Options of single commands have defaults in the rc file too, but are
/// none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setting {
    /// The file with the profiles.
    ConfigFile,
    /// The file with defaults of options, canned queries and aliases.
    RcFile,
    /// The profile in force.
    Profile,
    /// Who answers: `local`, `cloud`, or a URL.
    Target,
    /// The folder where the engine on this machine keeps its data.
    DataDir,
    /// The address that requests go to.
    Endpoint,
    /// The region of the cloud that requests go to.
    Region,
    /// Whether the realm's own addresses are used.
    RealmSpecificEndpoint,
    /// Whether the addresses are used that answer over IPv6 too.
    DualStack,
    /// How requests are signed: one of the names of [`AuthKind`](super::AuthKind).
    Auth,
    /// The purpose to name when a session token is asked for.
    AuthPurpose,
    /// The user's OCID.
    User,
    /// The tenancy's OCID.
    Tenancy,
    /// The fingerprint of the user's public key.
    Fingerprint,
    /// The file with the private key.
    KeyFile,
    /// The private key itself, in PEM.
    KeyContent,
    /// What opens the private key, if it is encrypted.
    PassPhrase,
    /// The file with the token of a session.
    SecurityTokenFile,
    /// The file with the token that says for whom an instance signs.
    DelegationTokenFile,
    /// Where instances exchange their certificate for a token.
    FederationEndpoint,
    /// The file of certificates that are trusted in place of the system's.
    CertBundle,
    /// The proxy that requests go through.
    Proxy,
    /// How long to wait for a connection, in seconds.
    ConnectionTimeout,
    /// How long to wait for the next bytes of a reply, in seconds.
    ReadTimeout,
    /// Whether each request is sent once, whatever comes back.
    NoRetry,
    /// How often a request is sent at most.
    MaxRetries,
    /// The form of the output.
    Output,
    /// The JMESPath expression that picks what is printed.
    Query,
    /// Whether a string that the query picks is printed without quotes.
    RawOutput,
    /// Whether requests and replies are shown on stderr.
    Debug,
    /// Whether tracing headers are passed on.
    Propagation,
    /// The address of the instance metadata service.
    MetadataService,
    /// Whether files with secrets that others can read are no cause for a warning.
    NoPermissionWarning,
    /// Whether a private key without the mark behind it is no cause for a warning.
    NoLabelWarning,
}

/// Where a setting can be said, in the order in which the places count.
#[derive(Debug)]
pub struct Known {
    /// Which one it is.
    pub setting: Setting,
    /// Its name, as the config file has it where it can stand there.
    pub name: &'static str,
    /// Its option, without dashes.
    pub flag: Option<&'static str>,
    /// Its environment variables.
    pub variables: &'static [&'static str],
    /// Whether profiles of the rc file can hold it, under its option's name.
    pub in_rc: bool,
    /// Its key in the rc file's `[OCI_CLI_SETTINGS]`.
    pub rc_setting: Option<&'static str>,
    /// Its key in a profile of the config file.
    pub config: Option<&'static str>,
    /// Variables that count only where nothing else is said.
    pub late_variables: &'static [&'static str],
    /// What it is where nothing is said.
    pub default: Option<&'static str>,
    /// Whether it is never shown.
    pub secret: bool,
    /// Whether it says who signs: taken from the config file only if the environment does not say it whole.
    pub identity: bool,
}

const fn known(setting: Setting, name: &'static str) -> Known {
    Known {
        setting,
        name,
        flag: None,
        variables: &[],
        in_rc: false,
        rc_setting: None,
        config: None,
        late_variables: &[],
        default: None,
        secret: false,
        identity: false,
    }
}

/// A setting that has an option, whose default the rc file may hold.
const fn option(setting: Setting, name: &'static str, flag: &'static str) -> Known {
    Known {
        flag: Some(flag),
        in_rc: true,
        ..known(setting, name)
    }
}

/// A setting that says who signs: a key of the config file, and a variable.
const fn identity(
    setting: Setting,
    name: &'static str,
    variables: &'static [&'static str],
) -> Known {
    Known {
        config: Some(name),
        variables,
        identity: true,
        ..known(setting, name)
    }
}

impl Known {
    const fn variables(self, variables: &'static [&'static str]) -> Self {
        Self { variables, ..self }
    }

    const fn default(self, default: &'static str) -> Self {
        Self {
            default: Some(default),
            ..self
        }
    }
}

/// Every setting, in the order that `ocelot config explain` shows.
pub static SETTINGS: &[Known] = &[
    Known {
        in_rc: false,
        ..option(S::ConfigFile, "config_file", "config-file").variables(&["OCI_CLI_CONFIG_FILE"])
    },
    Known {
        in_rc: false,
        ..option(S::RcFile, "cli_rc_file", "cli-rc-file").variables(&["OCI_CLI_RC_FILE"])
    },
    Known {
        in_rc: false,
        rc_setting: Some("default_profile"),
        ..option(S::Profile, "profile", "profile")
            .variables(&["OCI_CLI_PROFILE"])
            .default("DEFAULT")
    },
    Known {
        config: Some("target"),
        ..option(S::Target, "target", "target")
            .variables(&["OCELOT_TARGET"])
            .default("local")
    },
    Known {
        in_rc: false,
        ..option(S::DataDir, "data_dir", "data-dir").variables(&["OCELOT_HOME"])
    },
    // The official programs ignore an endpoint in the config file, too.
    option(S::Endpoint, "endpoint", "endpoint").variables(&["OCI_CLI_ENDPOINT"]),
    Known {
        config: Some("region"),
        late_variables: &["OCI_REGION"],
        identity: true,
        ..option(S::Region, "region", "region").variables(&["OCI_CLI_REGION"])
    },
    option(
        S::RealmSpecificEndpoint,
        "realm_specific_endpoint",
        "realm-specific-endpoint",
    )
    .variables(&["OCI_REALM_SPECIFIC_SERVICE_ENDPOINT_TEMPLATE_ENABLED"])
    .default("false"),
    option(S::DualStack, "enable_dual_stack", "enable-dual-stack")
        .variables(&["OCI_DUAL_STACK_ENDPOINT_ENABLED"])
        .default("false"),
    Known {
        config: Some("authentication_type"),
        identity: true,
        ..option(S::Auth, "auth", "auth")
            .variables(&["OCI_CLI_AUTH"])
            .default("api_key")
    },
    option(S::AuthPurpose, "auth_purpose", "auth-purpose"),
    identity(S::User, "user", &["OCI_CLI_USER"]),
    identity(S::Tenancy, "tenancy", &["OCI_CLI_TENANCY"]),
    identity(S::Fingerprint, "fingerprint", &["OCI_CLI_FINGERPRINT"]),
    identity(S::KeyFile, "key_file", &["OCI_CLI_KEY_FILE"]),
    Known {
        config: None,
        secret: true,
        ..identity(S::KeyContent, "key_content", &["OCI_CLI_KEY_CONTENT"])
    },
    Known {
        secret: true,
        ..identity(S::PassPhrase, "pass_phrase", &["OCI_CLI_PASSPHRASE"])
    },
    identity(
        S::SecurityTokenFile,
        "security_token_file",
        &["OCI_CLI_SECURITY_TOKEN_FILE"],
    ),
    identity(
        S::DelegationTokenFile,
        "delegation_token_file",
        &["OCI_CLI_DELEGATION_TOKEN_FILE"],
    ),
    option(
        S::FederationEndpoint,
        "federation_endpoint",
        "federation-endpoint",
    )
    .variables(&["OCI_CLI_FEDERATION_ENDPOINT"]),
    Known {
        late_variables: &["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"],
        ..option(S::CertBundle, "cert_bundle", "cert-bundle").variables(&["OCI_CLI_CERT_BUNDLE"])
    },
    Known {
        rc_setting: Some("proxy"),
        ..option(S::Proxy, "proxy", "proxy")
    },
    option(
        S::ConnectionTimeout,
        "connection_timeout",
        "connection-timeout",
    )
    .default("10"),
    option(S::ReadTimeout, "read_timeout", "read-timeout").default("60"),
    option(S::NoRetry, "no_retry", "no-retry").default("false"),
    option(S::MaxRetries, "max_retries", "max-retries"),
    option(S::Output, "output", "output").default("json"),
    option(S::Query, "query", "query"),
    option(S::RawOutput, "raw_output", "raw-output").default("false"),
    option(S::Debug, "debug", "debug").default("false"),
    option(S::Propagation, "enable_propagation", "enable-propagation")
        .variables(&["PROPAGATION_ENABLED"])
        .default("false"),
    known(S::MetadataService, "use_instance_metadata_service")
        .variables(&["OCI_CLI_USE_INSTANCE_METADATA_SERVICE"]),
    known(S::NoPermissionWarning, "suppress_file_permissions_warning")
        .variables(&["OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING"]),
    known(S::NoLabelWarning, "suppress_label_warning").variables(&["SUPPRESS_LABEL_WARNING"]),
];

impl Setting {
    /// What is known of it.
    pub fn known(self) -> &'static Known {
        // The table is in the order of the enum, which a test holds.
        &SETTINGS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum_and_repeats_nothing() {
        for (index, known) in SETTINGS.iter().enumerate() {
            assert_eq!(known.setting as usize, index, "{}", known.name);
        }
        assert_eq!(SETTINGS.len(), Setting::NoLabelWarning as usize + 1);
        let names: BTreeSet<_> = SETTINGS.iter().map(|known| known.name).collect();
        assert_eq!(names.len(), SETTINGS.len());
        let variables = SETTINGS
            .iter()
            .flat_map(|known| known.variables.iter().chain(known.late_variables));
        let unique: BTreeSet<_> = variables.clone().collect();
        assert_eq!(unique.len(), variables.count());
    }

    #[test]
    fn what_the_rc_file_holds_has_an_option_to_be_named_by() {
        assert!(
            SETTINGS
                .iter()
                .all(|known| !known.in_rc || known.flag.is_some())
        );
    }
}
