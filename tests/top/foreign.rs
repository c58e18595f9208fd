//! A server that is no ocelot: it answers every request with the same bytes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Answers at the address that is told, until the test ends.
pub(crate) fn start(status: &str, headers: &str, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let length = body.len();
    let response = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    );
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(&stream, &response);
        }
    });
    url
}

fn answer(mut stream: &TcpStream, response: &str) {
    let mut lines = BufReader::new(stream).lines();
    while lines
        .next()
        .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
    {}
    // The client may have gone.
    let _ = stream.write_all(response.as_bytes());
}
