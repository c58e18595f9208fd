//! Who may connect at all.

use crate::support::{Home, Server};

#[test]
fn everyone_can_connect_only_where_someone_asks_who_they_are() {
    let home = Home::new();
    const FREE: [&str; 7] = [
        "serve",
        "--http",
        "127.0.0.1:0",
        "--kafka",
        "127.0.0.1:0",
        "--stomp",
        "127.0.0.1:0",
    ];
    for face in ["--http", "--kafka", "--stomp"] {
        let (status, said) = home.refusal(&[&FREE[..], &[face, "0.0.0.0:0"]].concat());
        assert_eq!(status, 1, "{said}");
        assert!(
            said.contains("--auth verify") && said.contains("0.0.0.0"),
            "{said}"
        );
    }
    drop(Server::start(
        &home,
        &["--http", "0.0.0.0:0", "--auth", "verify"],
    ));
    drop(Server::start(
        &home,
        &["--kafka", "0.0.0.0:0", "--insecure"],
    ));
}
