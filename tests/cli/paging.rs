//! Lists in pages: one, some, all.

use crate::sandbox::Sandbox;

const LIST: &str = "streaming admin stream list --sort-by NAME --query data[].name";
const MORE: &str = "WARNING: This operation supports pagination and not all resources were returned.  \
                    Re-run using the --all option to auto paginate and list all resources.\n";

/// Streams s10 to s21, of which the service shows ten at a time.
fn with_a_dozen() -> Sandbox {
    let sandbox = Sandbox::frozen();
    for number in 10..22 {
        sandbox.data(&format!(
            "streaming admin stream create --name s{number} --partitions 1"
        ));
    }
    sandbox
}

fn names(numbers: std::ops::Range<u32>) -> String {
    let names: Vec<String> = numbers.map(|number| format!("  \"s{number}\"")).collect();
    format!("[\n{}\n]\n", names.join(",\n"))
}

#[test]
fn pages_are_joined_as_far_as_asked() {
    let sandbox = with_a_dozen();
    sandbox
        .ocelot(LIST)
        .stdout(&names(10..20))
        .stderr(MORE)
        .check();
    let list = |options: &str| sandbox.ocelot(&format!("{LIST} {options}"));
    list("--all").stdout(&names(10..22)).check();
    list("--all --page-size 5").stdout(&names(10..22)).check();
    list("--all --page-size 6").stdout(&names(10..22)).check();
    list("--limit 12").stdout(&names(10..22)).check();
    list("--limit 3")
        .stdout(&names(10..13))
        .stderr(MORE)
        .check();
    list("--limit 5 --page-size 2")
        .stdout(&names(10..15))
        .stderr(MORE)
        .check();
    list("--limit 50 --page-size 7")
        .stdout(&names(10..22))
        .check();
    list("--page-size 7")
        .stdout(&names(10..20))
        .stderr(&format!(
            "Note: --page-size counts only with --all or --limit.\n{MORE}"
        ))
        .check();
}

#[test]
fn a_token_goes_on_where_the_page_ended() {
    let sandbox = with_a_dozen();
    let token = sandbox.data("streaming admin stream list --sort-by NAME --limit 9 --query \"opc-next-page\" --raw-output");
    let list = |options: &str| sandbox.ocelot(&format!("{LIST} --page {token} {options}"));
    list("").stdout(&names(19..22)).check();
    list("--limit 2")
        .stdout(&names(19..21))
        .stderr(MORE)
        .check();
    list("--all --page-size 1").stdout(&names(19..22)).check();
    let told = "page is not a token of this list: give the opc-next-page of its last reply, and sort as before";
    let run = sandbox.ocelot(&format!("{LIST} --page bogus"));
    run.refused(400, "InvalidParameter", told).check();
}

#[test]
fn limits_that_are_none_are_refused() {
    let sandbox = Sandbox::new();
    for (options, told) in [
        ("--limit 0", "limit must be 1 to 50, not 0"),
        ("--limit -1", "limit must be 1 to 50, not -1"),
        ("--limit 51", "limit must be 1 to 50, not 51"),
    ] {
        let run = sandbox.ocelot(&format!("{LIST} {options}"));
        run.refused(400, "InvalidParameter", told).check();
    }
    sandbox
        .ocelot(&format!("{LIST} --all --limit 3"))
        .status(1)
        .stderr(
            "UsageError: If you provide the --all option you cannot provide the --limit option\n",
        )
        .check();
}
