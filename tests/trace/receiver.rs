//! A receiver of webhooks on this machine, which fails for a while.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// A server on a free port.
pub(crate) struct Receiver {
    /// Its address, with a path that nobody else is to know.
    pub(crate) url: String,
}

impl Receiver {
    /// It answers the first `failing` requests with 503, and all later ones with 200.
    pub(crate) fn failing_first(failing: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/secret-path", listener.local_addr().unwrap());
        let count = Arc::new(AtomicUsize::new(0));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                thread::spawn(move || serve(stream, &count, failing));
            }
        });
        Self { url }
    }

    pub(crate) fn accepting() -> Self {
        Self::failing_first(0)
    }
}

fn serve(stream: TcpStream, count: &AtomicUsize, failing: usize) {
    let mut reader = BufReader::new(stream);
    while read(&mut reader).is_some() {
        let status = match count.fetch_add(1, Ordering::SeqCst) < failing {
            true => "503 Service Unavailable",
            false => "200 OK",
        };
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok");
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// Reads one request to its end; nothing when there is none any more.
fn read(reader: &mut BufReader<TcpStream>) -> Option<()> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        let bytes = reader.read_line(&mut line).ok()?;
        match line.trim_end() {
            "" if bytes == 0 => return None,
            "" => break,
            line => {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
                    length = value.parse().unwrap();
                }
            }
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()
}
