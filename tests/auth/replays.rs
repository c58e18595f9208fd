//! A request that changes something is taken once.

use ocelot::api::operation::Method;

use crate::support::{Bench, NOW_MS, reason};

#[test]
fn a_change_is_taken_once_and_a_look_as_often_as_it_comes() {
    let bench = Bench::new();
    for method in [Method::Post, Method::Put, Method::Delete] {
        let body = (method != Method::Delete).then_some("{}");
        let request = bench.signed(method, &[], body);
        bench.verify(&request).unwrap();
        let again = bench.refusal(&request);
        assert!(
            again.starts_with("This very request came before"),
            "{again}"
        );
        // To the end of the time in which its date is good.
        let late = request.shown_to(&bench.verifier, &bench.engine, NOW_MS + 300_000);
        assert!(reason(late).starts_with("This very request came before"));
    }
    for _ in 0..3 {
        bench.verify(&bench.get()).unwrap();
    }
}

#[test]
fn the_form_of_the_header_does_not_make_a_request_new() {
    let bench = Bench::new();
    let mut request = bench.post("{}");
    bench.verify(&request).unwrap();
    request.edit("version=\"1\"", "version=\"1\",nonce=\"2\"");
    request.set("user-agent", "another");
    assert!(
        bench
            .refusal(&request)
            .starts_with("This very request came before")
    );
}

#[test]
fn an_id_of_its_own_makes_a_call_of_the_same_second_another() {
    let bench = Bench::new();
    let with_id = |id: &str| bench.signed(Method::Post, &[("opc-request-id", id)], Some("{}"));
    bench.verify(&with_id("1")).unwrap();
    bench.verify(&with_id("2")).unwrap();
    assert!(
        bench
            .refusal(&with_id("1"))
            .starts_with("This very request came before")
    );
    let late = with_id("3").shown_to(&bench.verifier, &bench.engine, NOW_MS + 3_000);
    assert!(reason(late).starts_with("This very request came before"));
}

#[test]
fn a_refused_request_is_not_used_up() {
    let bench = Bench::new();
    let good = bench.post("{}");
    let mut damaged = good.clone();
    damaged.body = b"{ }".to_vec();
    bench.refusal(&damaged);
    bench.verify(&good).unwrap();
}

#[test]
fn threads_that_show_the_same_request_get_one_yes() {
    let bench = Bench::new();
    let request = bench.post("{}");
    let accepted = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| bench.verify(&request).is_ok()))
            .collect();
        let answers = threads.into_iter().map(|thread| thread.join().unwrap());
        answers.filter(|accepted| *accepted).count()
    });
    assert_eq!(accepted, 1);
}
