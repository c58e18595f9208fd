//! How long a signature takes. Run by hand, in release: a call has five milliseconds from start to exit.
//!
//! `cargo test --release --test signing -- --ignored --nocapture timing`

use std::time::{Duration, Instant};

use ocelot::api::operation::Method;
use ocelot::client::Request;
use ocelot::client::signing::{PrivateKey, Signer};

use crate::support::{key, key_path};

fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..201)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

#[test]
#[ignore = "measures; means something in release only"]
fn signing_takes_less_than_two_milliseconds() {
    let path = key_path("rsa.pkcs8.test-key.pem");
    let load = median(|| drop(PrivateKey::from_file(&path, None).unwrap()));
    let signer = Signer::new("tenancy/user/fingerprint", key());
    let body = vec![0; 64 << 10];
    let sign = median(|| {
        let mut request = Request::new(
            Method::Post,
            "https://streaming.example.com/20180418/streams",
        );
        request.body = Some(body.clone());
        signer.sign(&mut request, 0).unwrap();
    });
    eprintln!("reading the key: {load:?}; signing 64 KiB: {sign:?}");
    assert!(load + sign < Duration::from_millis(2));
}
