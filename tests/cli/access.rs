//! `ocelot local key` and `ocelot local token`: registered from files or from a profile, listed, taken away.

use crate::sandbox::Sandbox;

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/signing/keys");
const USER: &str = "ocid1.user.oc1..ann";
const TENANCY: &str = "ocid1.tenancy.oc1..shop";

fn fingerprint() -> String {
    include_str!("../data/signing/fingerprint.txt")
        .trim()
        .to_owned()
}

/// A home whose `~/.oci/config` has two profiles with a key.
fn with_profiles() -> Sandbox {
    let sandbox = Sandbox::new();
    let config = format!(
        "[DEFAULT]\nuser={USER}\ntenancy={TENANCY}\nfingerprint=00\n\
         key_file={KEYS}/rsa.pkcs8.test-key.pem\nregion=us-phoenix-1\n\
         [OTHER]\nuser=ocid1.user.oc1..ben\nkey_file={KEYS}/rsa3072.pkcs8.test-key.pem\n\
         [BARE]\nuser=\n"
    );
    sandbox.write(".oci/config", config);
    sandbox
}

#[test]
fn a_key_is_registered_from_a_file() {
    let sandbox = Sandbox::new();
    let add = format!(
        "local key add --user {USER} --tenancy {TENANCY} --public-key {KEYS}/public.pem \
         --query data.\"key-id\" --raw-output"
    );
    let key_id = format!("{TENANCY}/{USER}/{}", fingerprint());
    assert_eq!(sandbox.data(&add), key_id);
    let list = "local key list --query 'data[].\"key-id\"'";
    assert_eq!(sandbox.data(list), format!("[\n  \"{key_id}\"\n]"));
    let delete = format!("local key delete --fingerprint {}", fingerprint());
    let question = format!("Take the key {} away? [y/N]: ", fingerprint());
    let run = sandbox.ocelot(&delete).stdin("n\n").status(1);
    run.stdout(&question).stderr("Abort: \n").check();
    sandbox.data(&format!("{delete} --force"));
    sandbox
        .ocelot(&format!("{delete} --force"))
        .status(1)
        .stderr(&format!(
            "Error: no key with the fingerprint {} is registered: ocelot local key list shows those that \
             are\n",
            fingerprint()
        ))
        .check();
}

#[test]
fn a_key_is_registered_from_a_profile() {
    let sandbox = with_profiles();
    let user = " --query data.\"user-id\" --raw-output";
    assert_eq!(sandbox.data(&format!("local key add{user}")), USER);
    let other = format!("local key add --profile OTHER{user}");
    assert_eq!(sandbox.data(&other), "ocid1.user.oc1..ben");
    let mixed = format!("local key add --user ocid1.user.oc1..eve{user}");
    assert_eq!(sandbox.data(&mixed), "ocid1.user.oc1..eve");
    assert_eq!(sandbox.data("local key list --query 'length(data)'"), "3");
    let refused = |line: &str, part: &str| {
        let run = sandbox.ocelot(line).status(1);
        run.stderr_has([part]).check();
    };
    refused("local key add --profile BARE", "--user is not given");
    refused(
        &format!("local key add --public-key {KEYS}/rsa.pkcs8.test-key.pem"),
        "holds a private key",
    );
    refused("local key add --public-key nowhere.pem", "nowhere.pem");
    let run = sandbox.ocelot("local key list --profile OTHER").status(2);
    run.stderr_has(["has no use for --profile"]).check();
}

#[test]
fn a_token_is_printed_once() {
    let sandbox = Sandbox::new();
    let create = "local token create --user ann --description laptop";
    let token = sandbox.data(&format!("{create} --query data.token --raw-output"));
    assert_eq!(token.len(), 24);
    let list =
        "local token list --query 'data[].[\"user-name\", \"kafka-user-name\", description]'";
    assert_eq!(
        sandbox.data(list),
        "[\n  [\n    \"ann\",\n    \"local/ann/STREAM_POOL_OCID\",\n    \"laptop\"\n  ]\n]"
    );
    assert!(!sandbox.data("local token list").contains(&token));
    let id = sandbox.data("local token list --query 'data[0].id' --raw-output");
    let delete = format!("local token delete --token-id {id}");
    let run = sandbox.ocelot(&delete).status(1);
    run.stdout("Take the token ocid1.credential.oc1.local.~ away? [y/N]: \n")
        .stderr("Abort: there is no one to ask; give --force to go ahead without asking\n")
        .check();
    sandbox.data(&format!("{delete} --force"));
    assert_eq!(sandbox.data("local token list --query 'length(data)'"), "0");
}

#[test]
fn a_tenancy_gets_its_name_with_a_token() {
    let sandbox = Sandbox::new();
    let create = format!(
        "local token create --user ann --tenancy {TENANCY} --tenancy-name shop \
         --query data.\"kafka-user-name\" --raw-output"
    );
    assert_eq!(sandbox.data(&create), "shop/ann/STREAM_POOL_OCID");
    sandbox
        .ocelot("local token create --user ben --tenancy-name shop")
        .status(1)
        .stderr(&format!(
            "Error: shop is the name of the tenancy {TENANCY}: choose another\n"
        ))
        .check();
}
