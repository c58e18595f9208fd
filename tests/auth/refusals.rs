//! Requests that are refused, each with its reason.

use ocelot::api::operation::Method;
use ocelot::client::signing::Signer;
use ocelot::engine::AccessRequest;

use crate::support::{Bench, NOW_MS, TENANCY, USER, key, manage, private_key, reason, register};

const MINUTE_MS: i64 = 60_000;

#[test]
fn without_a_signature_there_is_no_caller() {
    let bench = Bench::new();
    let mut request = bench.get();
    request.headers.remove("authorization");
    assert!(
        bench
            .refusal(&request)
            .starts_with("There is no Authorization header")
    );
    request.set("authorization", "Bearer abc");
    assert!(bench.refusal(&request).contains("begin with Signature"));
    let mut twice = bench.get();
    let value = twice.headers["authorization"].clone();
    twice.headers.append("authorization", value);
    assert!(
        bench
            .refusal(&twice)
            .contains("authorization is there twice")
    );
}

#[test]
fn what_must_be_signed_is_named() {
    let bench = Bench::new();
    let reason = bench.refusal(&bench.without_host());
    assert_eq!(
        reason,
        "The signature leaves out what a GET request must have signed: host."
    );
    let mut post = bench.post("{}");
    post.edit(" content-length content-type x-content-sha256", "");
    let reason = bench.refusal(&post);
    assert!(
        reason.ends_with("content-length, content-type, x-content-sha256."),
        "{reason}"
    );
    let mut bare = bench.get();
    bare.edit("date (request-target) host", "host");
    let reason = bench.refusal(&bare);
    assert!(
        reason.ends_with("(request-target), date or x-date."),
        "{reason}"
    );
}

#[test]
fn a_signed_header_must_be_there_once() {
    let bench = Bench::new();
    let mut absent = bench.get();
    absent.headers.remove("date");
    assert!(
        bench
            .refusal(&absent)
            .contains("date is signed but not there")
    );
    let mut twice = bench.get();
    twice.headers.append("host", "elsewhere".parse().unwrap());
    assert!(bench.refusal(&twice).contains("host is there twice"));
}

#[test]
fn http_2_has_the_host_in_its_authority() {
    let bench = Bench::new();
    let mut request = bench.get();
    request.headers.remove("host");
    request.uri = format!("http://127.0.0.1:4590{}", request.uri)
        .parse()
        .unwrap();
    bench.verify(&request).unwrap();
    request.uri = "/20180418/streams".parse().unwrap();
    assert!(
        bench
            .refusal(&request)
            .contains("host is signed but not there")
    );
}

#[test]
fn five_minutes_of_skew_are_allowed() {
    let bench = Bench::new();
    let request = bench.get();
    let at = |now_ms| request.shown_to(&bench.verifier, &bench.engine, now_ms);
    at(NOW_MS + 5 * MINUTE_MS).unwrap();
    at(NOW_MS - 5 * MINUTE_MS).unwrap();
    assert_eq!(
        reason(at(NOW_MS + 5 * MINUTE_MS + 1_000)),
        "The request's date is 301 s behind the server's clock; at most 300 s are allowed. Set the client's \
         clock right."
    );
    assert!(reason(at(NOW_MS - 6 * MINUTE_MS)).contains("360 s ahead of"));
    let mut no_date = bench.get();
    no_date.set("date", "yesterday");
    assert!(bench.refusal(&no_date).contains("no date as HTTP has it"));
}

#[test]
fn the_machines_time_counts_and_not_the_engines() {
    let bench = Bench::new();
    bench.engine.set_clock_to(0, true).unwrap();
    bench.verify(&bench.get()).unwrap();
}

#[test]
fn x_date_stands_for_date_when_it_is_signed() {
    let bench = Bench::new();
    let x_date = "Sat, 14 Mar 2026 01:02:03 GMT";
    let mut request = bench.signed(Method::Get, &[("x-date", x_date)], None);
    request.set("date", "Thu, 01 Jan 1970 00:00:00 GMT");
    bench.verify(&request).unwrap();
    // One that is not signed proves nothing.
    let mut old = bench.get();
    old.set("x-date", "Sat, 14 Mar 2026 02:02:03 GMT");
    let later = old.shown_to(&bench.verifier, &bench.engine, NOW_MS + 60 * MINUTE_MS);
    assert!(reason(later).contains("3600 s behind"));
}

#[test]
fn only_registered_keys_count_and_only_for_their_owner() {
    let bench = Bench::new();
    let unknown = "No key of this tenancy, user and fingerprint is registered";
    let other = private_key("rsa3072.pkcs8.test-key.pem");
    let signer = Signer::new(
        format!("{TENANCY}/{USER}/{}", other.fingerprint()),
        other.clone(),
    );
    let stranger = bench.signed_by(&signer, Method::Get, &[], None);
    assert!(bench.refusal(&stranger).starts_with(unknown));
    for (from, to) in [
        (TENANCY, "ocid1.tenancy.oc1..else"),
        (USER, "ocid1.user.oc1..else"),
    ] {
        let mut request = bench.get();
        request.edit(from, to);
        assert!(bench.refusal(&request).starts_with(unknown));
    }
    // A key that is registered cannot sign for another that is.
    register(&bench.engine, &other);
    let forged = Signer::new(format!("{TENANCY}/{USER}/{}", key().fingerprint()), other);
    let forged = bench.signed_by(&forged, Method::Get, &[], None);
    assert!(bench.refusal(&forged).contains("not that of this request"));
    // It can sign for itself, until it is taken away.
    bench.verify(&stranger).unwrap();
    let delete = AccessRequest::DeleteKey {
        fingerprint: private_key("rsa3072.pkcs8.test-key.pem").fingerprint(),
        user_id: None,
    };
    manage(&bench.engine, &delete);
    assert!(bench.refusal(&stranger).starts_with(unknown));
    bench.verify(&bench.get()).unwrap();
}

#[test]
fn the_fingerprint_may_be_in_capitals() {
    let bench = Bench::new();
    let fingerprint = key().fingerprint();
    let mut request = bench.get();
    request.edit(&fingerprint, &fingerprint.to_uppercase());
    bench.verify(&request).unwrap();
}

#[test]
fn security_tokens_are_refused_with_what_to_do() {
    let bench = Bench::new();
    let signer = Signer::new("ST$eyJhbGciOiJSUzI1NiJ9.e30.c2ln", key());
    let request = bench.signed_by(&signer, Method::Get, &[], None);
    assert_eq!(
        bench.refusal(&request),
        "Security tokens (keyId ST$…) are not taken here: sign with an API key (--auth api_key)."
    );
}

#[test]
fn a_damaged_signature_is_refused() {
    let bench = Bench::new();
    let signed = bench.get();
    let text = signed.headers["authorization"].to_str().unwrap().to_owned();
    let start = text.find("signature=\"").unwrap() + 11;
    for place in (start..start + 344).step_by(37) {
        let mut damaged = text.clone().into_bytes();
        damaged[place] = if damaged[place] == b'A' { b'B' } else { b'A' };
        let mut request = signed.clone();
        request.set("authorization", std::str::from_utf8(&damaged).unwrap());
        let reason = bench.refusal(&request);
        assert!(
            reason.contains("not that of this request") || reason.contains("base64"),
            "{reason}"
        );
    }
    let mut empty = signed.clone();
    empty.edit(&text[start..start + 344], "");
    assert!(bench.refusal(&empty).contains("not that of this request"));
}
