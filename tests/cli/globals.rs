//! Global options: at any place on the line, and against the settings files and the environment.

use crate::sandbox::Sandbox;

/// The same command with options before the service, between its words, before and after its own options.
fn at_every_place(options: &str) -> [String; 5] {
    [
        format!("{options} streaming admin stream list --limit 5"),
        format!("streaming {options} admin stream list --limit 5"),
        format!("streaming admin stream {options} list --limit 5"),
        format!("streaming admin stream list {options} --limit 5"),
        format!("streaming admin stream list --limit 5 {options}"),
    ]
}

#[test]
fn they_may_stand_anywhere() {
    let sandbox = Sandbox::with_orders();
    sandbox.write("rc", "[OCI_CLI_CANNED_QUERIES]\nnames = data[].name\n");
    let table = "+---------+\n| Column1 |\n+---------+\n| orders  |\n+---------+\n";
    for line in at_every_place("--output table --query data[].name") {
        sandbox.ocelot(&line).stdout(table).check();
    }
    for line in at_every_place("--query data[0].name --raw-output") {
        sandbox.ocelot(&line).stdout("orders\n").check();
    }
    for line in at_every_place("--cli-rc-file rc --query query://names") {
        sandbox.ocelot(&line).stdout("[\n  \"orders\"\n]\n").check();
    }
    for line in at_every_place("--memory") {
        sandbox.ocelot(&line).check();
    }
    for line in at_every_place("--target http://127.0.0.1:1") {
        let run = sandbox.ocelot(&line).status(1);
        run.stderr_has(["http://127.0.0.1:1"]).check();
    }
    for line in at_every_place("--bogus") {
        sandbox
            .ocelot(&line)
            .status(2)
            .stderr_has(["'--bogus'"])
            .check();
    }
}

#[test]
fn the_innermost_counts() {
    let sandbox = Sandbox::with_orders();
    sandbox
        .ocelot("--query data streaming --query data[].id admin stream list --query data[].name")
        .stdout("[\n  \"orders\"\n]\n")
        .check();
}

#[test]
fn the_line_wins_over_the_environment_and_that_over_the_profile() {
    let sandbox = Sandbox::with_orders();
    sandbox.write(
        ".oci/config",
        "[DEFAULT]\ntarget = http://127.0.0.1:1\n[HERE]\ntarget = local\n",
    );
    let list = "streaming admin stream list --query data[0].name --raw-output";
    let refused = |at: &str| format!("cannot connect to {at}");
    let of_profile = refused("http://127.0.0.1:1");
    sandbox
        .ocelot(list)
        .status(1)
        .stderr_has([of_profile.as_str()])
        .check();
    sandbox
        .ocelot(list)
        .args(["--profile", "HERE"])
        .stdout("orders\n")
        .check();
    sandbox
        .ocelot(list)
        .env("OCI_CLI_PROFILE", "HERE")
        .stdout("orders\n")
        .check();
    sandbox
        .ocelot(list)
        .env("OCELOT_TARGET", "local")
        .stdout("orders\n")
        .check();
    sandbox
        .ocelot(list)
        .args(["--target", "local"])
        .env("OCELOT_TARGET", "http://127.0.0.1:2")
        .stdout("orders\n")
        .check();
    let of_variable = refused("http://127.0.0.1:2");
    sandbox
        .ocelot(list)
        .args(["--profile", "HERE"])
        .env("OCI_CLI_ENDPOINT", "http://127.0.0.1:2")
        .status(1)
        .stderr_has([of_variable.as_str()])
        .check();
}

#[test]
fn the_tenancy_of_the_profile_is_the_compartment() {
    let sandbox = Sandbox::with_orders();
    sandbox.write(
        ".oci/config",
        "[DEFAULT]\ntenancy = ocid1.tenancy.oc1..theirs\n[OTHER]\nregion=x\n[OWN]\ntenancy=ocid1.tenancy.oc1..own\n",
    );
    let create = "streaming admin stream create --partitions 1 --query data.\"compartment-id\" --raw-output --name";
    sandbox
        .ocelot(create)
        .args(["a"])
        .stdout("ocid1.tenancy.oc1..theirs\n")
        .check();
    // Profiles inherit from DEFAULT.
    let run = sandbox.ocelot(create).args(["b", "--profile", "OTHER"]);
    run.stdout("ocid1.tenancy.oc1..theirs\n").check();
    let run = sandbox.ocelot(create).args(["c", "--profile", "OWN"]);
    run.stdout("ocid1.tenancy.oc1..own\n").check();
}

#[test]
fn a_profile_that_is_not_there_is_refused() {
    let sandbox = Sandbox::new();
    let list = "streaming admin stream list";
    let told = "Error: there is no profile NOPE, because there is no file [home]/.oci/config\n";
    sandbox
        .ocelot(list)
        .args(["--profile", "NOPE"])
        .status(1)
        .stderr(told)
        .check();
    sandbox
        .ocelot(list)
        .env("OCI_CLI_PROFILE", "NOPE")
        .status(1)
        .stderr(told)
        .check();
    sandbox.ocelot(list).args(["--profile", "DEFAULT"]).check();
    sandbox.write(".oci/config", "[DEFAULT]\n[A]\nregion=x\n");
    let told = "Error: [home]/.oci/config has no profile NOPE; it has: DEFAULT, A\n";
    sandbox
        .ocelot(list)
        .args(["--profile", "NOPE"])
        .status(1)
        .stderr(told)
        .check();
    let told = "Error: there is no file nothing, which --config-file names\n";
    sandbox
        .ocelot(list)
        .args(["--config-file", "nothing"])
        .status(1)
        .stderr(told)
        .check();
    sandbox
        .ocelot(list)
        .env("OCI_CLI_CONFIG_FILE", "nothing")
        .status(1)
        .stderr("Error: there is no file nothing, which OCI_CLI_CONFIG_FILE names\n")
        .check();
    sandbox
        .ocelot(list)
        .env("OCI_CLI_RC_FILE", "nothing")
        .status(1)
        .stderr("Error: there is no file nothing, which OCI_CLI_RC_FILE names\n")
        .check();
}

#[test]
fn settings_files_may_come_from_windows() {
    let sandbox = Sandbox::with_orders();
    sandbox.write(
        ".oci/config",
        "\u{feff}[DEFAULT]\r\n# a comment\r\nkey_file=C:\\keys\\oci.pem\r\npass_phrase = a=b=c\r\n\
         tenancy = ocid1.tenancy.oc1..theirs\r\n\r\n[OTHER]\r\ntarget=local\r\n",
    );
    sandbox.write(
        ".oci/oci_cli_rc",
        "\u{feff}[OCI_CLI_CANNED_QUERIES]\r\nnames = data[?name == 'orders'].name\r\n",
    );
    sandbox
        .ocelot(
            "streaming admin stream create --name a --partitions 1 --query data.\"compartment-id\"",
        )
        .stdout("\"ocid1.tenancy.oc1..theirs\"\n")
        .check();
    sandbox
        .ocelot("streaming admin stream list --compartment-id ocid1.tenancy.oc1..local --query query://names")
        .stdout("[\n  \"orders\"\n]\n")
        .check();
}

#[test]
fn settings_files_that_cannot_be_read_are_named() {
    let sandbox = Sandbox::new();
    let list = "streaming admin stream list";
    for content in [
        &b"[DEFAULT]\nname = \xff\xfe\n"[..],
        b"no section and no equals sign\n",
    ] {
        sandbox.write(".oci/config", content);
        let run = sandbox.ocelot(list).status(1);
        run.stderr_has(["Error: ", "[home]/.oci/config"]).check();
    }
    let folder = sandbox.path("folder");
    std::fs::create_dir(&folder).unwrap();
    let run = sandbox
        .ocelot(list)
        .args(["--config-file", "folder"])
        .status(1);
    run.stderr("Error: cannot read folder: Is a directory (os error 21)\n")
        .check();
}

#[test]
fn canned_queries_come_from_the_rc_file() {
    let sandbox = Sandbox::with_orders();
    let list = "streaming admin stream list --query query://names";
    let told =
        "Error: [home]/.oci/oci_cli_rc has no query named names in [OCI_CLI_CANNED_QUERIES]\n";
    sandbox.ocelot(list).status(1).stderr(told).check();
    sandbox.write(
        ".oci/oci_cli_rc",
        "[OCI_CLI_CANNED_QUERIES]\nnames = data[].name\n",
    );
    sandbox.write(
        "other",
        "[OCI_CLI_CANNED_QUERIES]\nnames = data[].partitions\n",
    );
    sandbox.ocelot(list).stdout("[\n  \"orders\"\n]\n").check();
    sandbox
        .ocelot(list)
        .env("OCI_CLI_RC_FILE", "other")
        .stdout("[\n  3\n]\n")
        .check();
    sandbox
        .ocelot(list)
        .args(["--cli-rc-file", "other"])
        .stdout("[\n  3\n]\n")
        .check();
    sandbox
        .ocelot(list)
        .args(["--defaults-file", "~/other"])
        .stdout("[\n  3\n]\n")
        .check();
    sandbox
        .ocelot("local status --query query://names --cli-rc-file other")
        .stderr("Query returned empty result, no output to show.\n")
        .check();
}

#[test]
fn the_rc_file_has_defaults_for_options() {
    let sandbox = Sandbox::with_orders();
    sandbox.data("streaming admin stream create --name bills --partitions 1");
    let list = "streaming admin stream list --query data[].name";
    let names = |names: &[&str]| format!("[\n  \"{}\"\n]\n", names.join("\",\n  \""));
    let rc = "[DEFAULT]\n\
              limit = 1\n\
              streaming.admin.stream.sort-order = DESC\n\
              streaming.admin.stream.list.sort-by = name\n\
              streaming.admin.stream.list.limit = 2\n\
              [OTHER]\n\
              streaming.admin.stream.list.name = bills\n";
    sandbox.write(".oci/oci_cli_rc", rc);
    sandbox.write(".oci/config", "[OTHER]\nregion = x\n");
    sandbox
        .ocelot(list)
        .stdout(&names(&["orders", "bills"]))
        .check();
    let run = sandbox.ocelot(list).args(["--sort-order", "ASC"]);
    run.stdout(&names(&["bills", "orders"])).check();
    let run = sandbox
        .ocelot(list)
        .args(["--from-json", "{\"sortOrder\": \"asc\"}"]);
    run.stdout(&names(&["bills", "orders"])).check();
    let run = sandbox.ocelot(list).args(["--profile", "OTHER"]);
    run.stdout(&names(&["bills"])).check();
    // The file may name the profile too.
    sandbox.write(
        ".oci/oci_cli_rc",
        format!("[OCI_CLI_SETTINGS]\ndefault_profile = OTHER\n{rc}"),
    );
    sandbox.ocelot(list).stdout(&names(&["bills"])).check();
    let run = sandbox.ocelot(list).args(["--profile", "DEFAULT"]);
    run.stdout(&names(&["orders", "bills"])).check();
    sandbox.write(".oci/oci_cli_rc", "[DEFAULT]\nlimit = many\n");
    let told = "Error: Invalid value for '--limit': 'many' is not a valid integer.\n";
    sandbox.ocelot(list).status(2).stderr(told).check();
}

#[test]
fn debug_shows_what_is_asked_and_answered_on_stderr() {
    let sandbox = Sandbox::with_orders();
    sandbox
        .ocelot("streaming admin stream list --name orders --query data[].name -d")
        .stdout("[\n  \"orders\"\n]\n")
        .stderr_has([
            "> GET local:/20180418/streams",
            "< 200",
            "\"name\":\"orders\"",
        ])
        .check();
}

#[test]
fn what_a_command_has_for_itself_is_not_global_there() {
    let sandbox = Sandbox::new();
    let target = "{\"kind\": \"streaming\", \"streamId\": \"s\"}";
    sandbox
        .ocelot("--target local sch service-connector create --display-name a --source {} --debug --target")
        .args([target])
        .status(1)
        .stderr_has(["> POST local:/", "\"target\":{\"kind\":\"streaming\",\"streamId\":\"s\"}"])
        .check();
}
