//! `ocelot setup …`: what a user needs before the cloud answers them: a key pair, a profile, an rc file.
//!
//! Nothing is asked that was given, nothing at all where nobody can answer, and nothing is overwritten
//! unless that was asked for.

mod config;
mod keys;
mod passphrase;
mod permissions;
mod rc;

use clap::Command;

use super::builtin::{Builtin, Takes, group, unavailable};
use super::error::CliError;

/// The global options that commands take which only write files.
const OF_FILES: Takes = Takes::Only(
    &["output", "query", "raw-output", "cli-rc-file"],
    "only writes files of yours",
);

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[
    Builtin {
        words: "setup config",
        takes: Takes::Only(
            &[
                "output",
                "query",
                "raw-output",
                "cli-rc-file",
                "config-file",
                "profile",
                "region",
                "target",
            ],
            "only writes files of yours",
        ),
        run: config::run,
    },
    Builtin {
        words: "setup keys",
        takes: OF_FILES,
        run: keys::run,
    },
    Builtin {
        words: "setup repair-file-permissions",
        takes: OF_FILES,
        run: permissions::run,
    },
    Builtin {
        words: "setup oci-cli-rc",
        takes: OF_FILES,
        run: rc::run,
    },
    Builtin {
        words: "setup bootstrap",
        takes: Takes::All,
        run: |_, _| Err(CliError::refused(NO_BROWSER)),
    },
    Builtin {
        words: "setup autocomplete",
        takes: Takes::All,
        run: |_, _| Err(CliError::refused(NO_SHELL_FILES)),
    },
    Builtin {
        words: "setup instance-principal",
        takes: Takes::All,
        run: |_, _| Err(CliError::refused(NO_IDENTITY)),
    },
    Builtin {
        words: "setup pkcs11-auth",
        takes: Takes::All,
        run: |_, _| Err(CliError::refused(NO_TOKENS)),
    },
];

const NO_BROWSER: &str = "ocelot does not log in through a browser. Make a profile and a key pair with ocelot \
    setup config, and upload the public key in the console under Profile > User settings > API keys.";

const NO_SHELL_FILES: &str = "ocelot does not change your shell's files: install.sh puts its completion files where \
    the shells look for them, and README.md tells how to do that by hand.";

const NO_IDENTITY: &str = "ocelot does not make dynamic groups and policies: make them in the console, or with the \
    official oci setup instance-principal; then use --auth instance_principal on the instance.";

const NO_TOKENS: &str = "ocelot does not talk to PKCS #11 tokens: sign with an API key (ocelot setup config) or a \
    session.";

/// The commands of this module, for the tree.
pub(super) fn command() -> Command {
    group("setup", "Write what the cloud asks for: profile and keys.").subcommands([
        config::command(),
        keys::command(),
        permissions::command(),
        rc::command(),
        unavailable(
            "bootstrap",
            "Make a profile through the browser (not available: says what to do instead).",
        ),
        unavailable(
            "autocomplete",
            "Set up completion in the shell (not available: says what to do instead).",
        ),
        unavailable(
            "instance-principal",
            "Let an instance sign for itself (not available: says what to do instead).",
        ),
        unavailable(
            "pkcs11-auth",
            "Sign with a key in a PKCS #11 token (not available: says what to do instead).",
        ),
    ])
}
