//! A client of the tests' own: frames as they are, one after the other.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::server::Server;

pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

/// A frame of the server's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) command: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Frame {
    /// The value of a header that is there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.find(name);
        value.unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(one, _)| one == name);
        header.map(|(_, value)| value.as_str())
    }

    pub(crate) fn number(&self, name: &str) -> i64 {
        self.header(name).parse().unwrap()
    }
}

impl Client {
    pub(crate) fn open(server: &Server) -> Self {
        let stream = TcpStream::connect(server.stomp()).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut client = Self {
            stream: BufReader::new(stream),
        };
        client.patience(Duration::from_secs(30));
        client
    }

    /// A client that speaks a version.
    pub(crate) fn connect(server: &Server, version: &str) -> Self {
        let mut client = Self::open(server);
        client.send(&format!("CONNECT\naccept-version:{version}\nhost:x\n\n"));
        let connected = client.expect("CONNECTED");
        assert_eq!(connected.header("version"), version);
        client
    }

    /// How long to wait for a frame.
    pub(crate) fn patience(&mut self, patience: Duration) {
        let stream = self.stream.get_ref();
        stream.set_read_timeout(Some(patience)).unwrap();
    }

    /// Sends a frame, given without its final NUL.
    pub(crate) fn send(&mut self, frame: &str) {
        self.raw(format!("{frame}\0").as_bytes());
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    /// Sends, whether or not the server still takes it.
    pub(crate) fn try_raw(&mut self, bytes: &[u8]) {
        let _ = self.stream.get_mut().write_all(bytes);
    }

    pub(crate) fn subscribe(&mut self, id: &str, destination: &str, more: &str) {
        self.send(&format!(
            "SUBSCRIBE\nid:{id}\ndestination:{destination}\nack:client-individual\nreceipt:subscribed\n{more}\n"
        ));
        assert_eq!(self.expect("RECEIPT").header("receipt-id"), "subscribed");
    }

    /// Sends a frame that is to be confirmed, and returns what came before it was.
    pub(crate) fn confirmed(&mut self, frame: &str) -> Vec<Frame> {
        let (command, rest) = frame.split_once('\n').unwrap();
        self.send(&format!("{command}\nreceipt:done\n{rest}"));
        let mut before = Vec::new();
        loop {
            let frame = self.frame();
            match frame.find("receipt-id") {
                Some("done") if frame.command == "RECEIPT" => return before,
                _ => assert_ne!(frame.command, "ERROR", "{frame:?}"),
            }
            before.push(frame);
        }
    }

    /// The next frame, which must be of this command.
    pub(crate) fn expect(&mut self, command: &str) -> Frame {
        let frame = self.frame();
        assert_eq!(frame.command, command, "{frame:?}");
        frame
    }

    pub(crate) fn message(&mut self) -> Frame {
        self.expect("MESSAGE")
    }

    /// The next frame is an ERROR, and nothing comes after it.
    pub(crate) fn refused(&mut self) -> Frame {
        let frame = self.expect("ERROR");
        assert!(!frame.header("message").is_empty());
        assert!(self.is_closed());
        frame
    }

    /// Whether nothing more comes, ever.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        self.stream
            .read_to_end(&mut rest)
            .is_ok_and(|_| rest.is_empty())
    }

    /// Whether nothing comes for a while.
    pub(crate) fn is_quiet(&mut self, while_: Duration) -> bool {
        self.patience(while_);
        let is_quiet = self.stream.fill_buf().is_err();
        self.patience(Duration::from_secs(30));
        is_quiet
    }

    fn frame(&mut self) -> Frame {
        self.try_frame().expect("a frame")
    }

    /// The next frame, or nothing when the server has closed the connection.
    pub(crate) fn try_frame(&mut self) -> Option<Frame> {
        let command = self.line()?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap();
            headers.push((name.to_owned(), value.to_owned()));
        }
        let mut frame = Frame {
            command,
            headers,
            body: String::new(),
        };
        let mut body = Vec::new();
        match frame.find("content-length") {
            Some(length) => {
                body.resize(length.parse::<usize>().unwrap() + 1, 0);
                self.stream.read_exact(&mut body).ok()?;
            }
            None => {
                self.stream.read_until(0, &mut body).ok()?;
            }
        }
        assert_eq!(body.pop(), Some(0));
        frame.body = String::from_utf8(body).unwrap();
        Some(frame)
    }

    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).ok()?;
        (line.pop() == Some(b'\n')).then(|| String::from_utf8(line).unwrap())
    }
}
