//! Who may connect at all.

use crate::support::{Home, Server};

#[test]
fn everyone_can_connect_only_where_someone_asks_who_they_are() {
    let home = Home::new();
    for face in ["--http", "--kafka"] {
        let (status, said) = home.refusal(&["serve", face, "0.0.0.0:0"]);
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
