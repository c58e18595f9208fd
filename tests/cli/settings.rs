//! Every global option is applied, or refused, or told to be of no use: none is taken in silence.

use crate::sandbox::Sandbox;

/// How the reply of the same command without the option differs.
enum Does {
    /// Stdout differs.
    Prints,
    /// It is refused, and named.
    Refused,
    /// It is told to change nothing.
    Told,
}

const LIST: &str = "streaming admin stream list --name orders";

/// Each option of `cli.json` and of our own, with a value, and what it does to [`LIST`].
const OPTIONS: &[(&str, &str, Does)] = &[
    ("output", "table", Does::Prints),
    ("query", "data[].name", Does::Prints),
    ("profile", "NOPE", Does::Refused),
    ("config-file", "nothing", Does::Refused),
    ("cli-rc-file", "nothing", Does::Refused),
    ("defaults-file", "nothing", Does::Refused),
    ("generate-full-command-json-input", "", Does::Prints),
    ("generate-param-json-input", "name", Does::Refused),
    ("debug", "", Does::Told),
    ("endpoint", "http://127.0.0.1:1", Does::Refused),
    ("target", "http://127.0.0.1:1", Does::Refused),
    ("region", "us-ashburn-1", Does::Told),
    ("auth", "api_key", Does::Told),
    ("auth-purpose", "x", Does::Told),
    ("no-retry", "", Does::Told),
    ("max-retries", "3", Does::Told),
    ("connection-timeout", "3", Does::Told),
    ("read-timeout", "3", Does::Told),
    ("proxy", "http://127.0.0.1:1", Does::Told),
    ("cert-bundle", "file", Does::Told),
    ("federation-endpoint", "x", Does::Told),
    ("realm-specific-endpoint", "", Does::Told),
    ("enable-dual-stack", "", Does::Told),
    ("enable-propagation", "True", Does::Told),
    ("cli-auto-prompt", "", Does::Refused),
    ("dry-run", "", Does::Prints),
    ("data-dir", "elsewhere", Does::Prints),
    ("memory", "", Does::Prints),
];

/// Those that show elsewhere: in errors, with a query, after a power cut, or in deliveries, which
/// `tests/notifications` looks at.
const ELSEWHERE: &[&str] = &[
    "raw-output",
    "opc-request-id",
    "opc-client-request-id",
    "request-id",
    "durability",
    "delivery-timeout",
    "smtp",
    "allow-http",
    "deny-private-networks",
    "object-store",
    "help",
    "version",
    "release-info",
    "latest-version",
];

#[test]
fn no_global_option_is_taken_in_silence() {
    let sandbox = Sandbox::with_orders();
    let without = sandbox.data(LIST);
    for (flag, value, does) in OPTIONS {
        let mut run = sandbox.ocelot(LIST).args([format!("--{flag}")]);
        if !value.is_empty() {
            run = run.args([value]);
        }
        let output = run.output();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let told = format!("--{flag}: {:?}\n{stdout}{stderr}", output.status);
        match does {
            Does::Prints => {
                assert_eq!(output.status.code(), Some(0), "{told}");
                assert_ne!(stdout.trim_end(), without, "{told}");
            }
            Does::Refused => {
                assert!(!output.status.success() && stdout.is_empty(), "{told}");
                let named = stderr.contains(value) || stderr.contains(&format!("--{flag}"));
                assert!(named, "{told}");
            }
            Does::Told => {
                assert_eq!(stdout.trim_end(), without, "{told}");
                let named = stderr.contains(&format!("has no use for --{flag}."));
                assert!(
                    named || (*flag == "debug" && stderr.contains("> GET")),
                    "{told}"
                );
            }
        }
    }
}

#[test]
fn the_walk_leaves_out_no_option() {
    let command = ocelot::cli::whole_tree("ocelot");
    let is_walked = |flag: &str| {
        ELSEWHERE.contains(&flag) || OPTIONS.iter().any(|(walked, _, _)| *walked == flag)
    };
    for arg in command.get_arguments() {
        let flags = arg.get_long_and_visible_aliases().unwrap_or_default();
        for flag in flags {
            assert!(is_walked(flag), "--{flag} is not walked");
        }
    }
    let reference: serde_json::Value =
        serde_json::from_str(include_str!("../data/reference/cli.json")).unwrap();
    let text = reference["global_options"].to_string();
    assert!(text.contains("raw-output"), "{text}");
    for word in text.split('"').filter_map(|word| word.strip_prefix("--")) {
        assert!(is_walked(word), "--{word} of the reference is not walked");
    }
}

#[test]
fn options_that_exclude_each_other_are_refused() {
    let sandbox = Sandbox::new();
    for (options, told) in [
        ("--memory --data-dir x", "--memory keeps nothing"),
        (
            "--memory --endpoint http://127.0.0.1:1",
            "--memory is about the local engine",
        ),
        (
            "--data-dir x --target cloud",
            "--data-dir is about the local engine, but cloud is to answer",
        ),
        (
            "--durability fsync --target http://a",
            "--durability is about the local engine",
        ),
        (
            "--target local --endpoint http://127.0.0.1:1",
            "give one of them",
        ),
    ] {
        let run = sandbox.ocelot(&format!("{LIST} {options}")).status(2);
        run.stderr_has([told]).check();
    }
    for target in ["", "nowhere", "http://", "ftp://x", "Local"] {
        let run = sandbox.ocelot(LIST).args(["--target", target]).status(2);
        run.stderr_has([
            "--target is ",
            "which is no target: give local, cloud, or a URL",
        ])
        .check();
    }
}

#[test]
fn a_target_that_is_none_is_traced_to_where_it_was_said() {
    let sandbox = Sandbox::new();
    for name in ["OCI_CLI_ENDPOINT", "OCELOT_TARGET"] {
        let told = format!("Error: {name} is \"x\", which is no target");
        let run = sandbox.ocelot(LIST).env(name, "x").status(2);
        run.stderr_has([told.as_str()]).check();
    }
    sandbox.write(".oci/config", "[DEFAULT]\ntarget = x\n");
    let run = sandbox.ocelot(LIST).status(2);
    run.stderr_has(["Error: [home]/.oci/config:2 is \"x\""])
        .check();
}

#[test]
fn commands_about_this_machine_refuse_what_is_not_about_it() {
    let sandbox = Sandbox::new();
    for option in [
        "--endpoint http://x",
        "--target cloud",
        "--region x",
        "--profile x",
        "--no-retry",
    ] {
        let flag = option.split(' ').next().unwrap();
        for command in ["local status", "local clock show", "tour"] {
            let told = format!(
                "Error: ocelot {command} has no use for {flag}: it is about the engine on this machine\n"
            );
            let run = sandbox.ocelot(&format!("{command} {option}")).status(2);
            run.stderr(&told).check();
        }
    }
    let run = sandbox.ocelot("tour --output table --query x").status(2);
    run.stderr_has(["--output, --query"]).check();
}

#[test]
fn numbers_of_global_options_are_checked() {
    let sandbox = Sandbox::new();
    for flag in ["max-retries", "connection-timeout", "read-timeout"] {
        for (value, told) in [
            ("x", "'x' is not a valid integer"),
            ("-1", "'-1' is less than 0"),
        ] {
            let run = sandbox
                .ocelot(&format!("{LIST} --{flag} {value}"))
                .status(2);
            run.stderr_has([&*format!("--{flag}"), told]).check();
        }
    }
}
