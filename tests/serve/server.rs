//! A server of the built program, on a data folder of its own, and what can be asked of it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ocelot::api::operation::Method;
use ocelot::client::{Http, HttpOptions, Request, Response};
use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take. Much more than it does, since machines are busy at times.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const COMPARTMENT: &str = "ocid1.compartment.oc1..shop";

/// A home folder, with the data folder and whatever else a test needs in it.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// The program, with nothing of the surrounding environment.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ocelot"));
        command
            .env_clear()
            .env("HOME", self.0.path())
            .env("OCELOT_HOME", self.data())
            .current_dir(self.0.path())
            .args(line.split_whitespace())
            .stdin(Stdio::null());
        command
    }

    /// Runs a line to its end, whatever comes of it.
    pub(crate) fn run(&self, line: &str) -> Output {
        run(self.command(line))
    }

    /// What a line that succeeds prints.
    pub(crate) fn ok(&self, line: &str) -> String {
        let output = self.run(line);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        assert!(output.status.success(), "{line}\n{stdout}{stderr}");
        stdout.trim_end().to_owned()
    }

    /// The data that a line prints.
    pub(crate) fn json(&self, line: &str) -> Value {
        let printed: Value = serde_json::from_str(&self.ok(line)).unwrap();
        printed["data"].clone()
    }

    /// A server at free addresses.
    pub(crate) fn serve(&self, options: &str) -> Server<'_> {
        self.serve_at("127.0.0.1:0", options)
    }

    /// A server that serves REST at this address.
    pub(crate) fn serve_at(&self, address: &str, options: &str) -> Server<'_> {
        Server::start(self, address, options)
    }
}

/// Runs a command to its end.
pub(crate) fn run(mut command: Command) -> Output {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let drain = |mut stream: Box<dyn Read + Send>| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).unwrap();
            bytes
        })
    };
    let (stdout, stderr) = (drain(Box::new(stdout)), drain(Box::new(stderr)));
    let status = wait(&mut child).unwrap_or_else(|| {
        child.kill().unwrap();
        panic!("{command:?} hangs");
    });
    Output {
        status,
        stdout: stdout.join().unwrap(),
        stderr: stderr.join().unwrap(),
    }
}

fn wait(child: &mut Child) -> Option<ExitStatus> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(5));
    }
    None
}

/// A server that is ready.
pub(crate) struct Server<'h> {
    pub(crate) home: &'h Home,
    process: Child,
    /// The line on stdout.
    pub(crate) said: String,
    /// The ready file.
    pub(crate) ready: Value,
    http: Http,
}

impl<'h> Server<'h> {
    fn start(home: &'h Home, address: &str, options: &str) -> Self {
        let file = home.path("ready.json");
        let _ = fs::remove_file(&file);
        let log = fs::File::create(home.path("log")).unwrap();
        let mut process = home
            .command(&format!(
                "serve --http {address} --kafka 127.0.0.1:0 --stomp 127.0.0.1:0 --ready-file {} {options}",
                file.display()
            ))
            // What it delivers to others gets no further than this machine.
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut said).unwrap();
        let log = || fs::read_to_string(home.path("log")).unwrap();
        assert!(said.starts_with("ocelot is ready"), "{said}{}", log());
        let ready: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let http = Http::new(HttpOptions {
            direct: true,
            cert_bundle: ready["ca"].as_str().map(PathBuf::from),
            ..HttpOptions::default()
        });
        Self {
            home,
            process,
            said,
            ready,
            http: http.unwrap(),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Where it serves REST, as a URL.
    pub(crate) fn url(&self) -> &str {
        self.ready["http"].as_str().unwrap()
    }

    /// Where it serves REST, as `host:port`.
    pub(crate) fn address(&self) -> &str {
        self.url().split("//").nth(1).unwrap()
    }

    /// What it has told on stderr.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.home.path("log")).unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args([name, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until it has ended.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        wait(&mut self.process).expect("the server does not end")
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.signal("-KILL");
        self.ended();
    }

    /// Ends it well.
    pub(crate) fn stop(mut self) {
        self.signal("-TERM");
        assert!(self.ended().success());
    }

    /// Sends a request with a JSON body, if there is one.
    pub(crate) fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let mut request = Request::new(method, format!("{}{path}", self.url()));
        if let Some(body) = body {
            request.set_header("content-type", "application/json");
            request.body = Some(body.to_string().into_bytes());
        }
        self.exchange(&request)
    }

    pub(crate) fn exchange(&self, request: &Request) -> Response {
        self.http.send(request).unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.send(Method::Get, path, None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Response {
        self.send(Method::Post, path, Some(body))
    }

    /// Makes a stream, and tells its OCID.
    pub(crate) fn stream(&self, name: &str, partitions: u32) -> String {
        let details = serde_json::json!({
            "name": name, "partitions": partitions, "compartmentId": COMPARTMENT
        });
        let made = self.post("/20180418/streams", &details);
        assert_eq!(made.status, 200, "{}", text(&made));
        json(&made)["id"].as_str().unwrap().to_owned()
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn text(response: &Response) -> String {
    String::from_utf8(response.body.clone()).unwrap()
}

pub(crate) fn json(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

/// Whether a file can be read by others than its owner.
#[cfg(unix)]
pub(crate) fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o077 == 0
}
