//! The program in a home of its own.

use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::read::GzDecoder;
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{finish, ocelot};
use crate::server::Server;

/// A home folder with nothing in it, whose data folder is `data`, and the program there with nothing of the user's
/// surroundings but the path to other programs.
pub struct Program {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Default for Program {
    fn default() -> Self {
        Self::new()
    }
}

impl Program {
    /// An empty home.
    pub fn new() -> Self {
        Self::over(TempDir::new().unwrap())
    }

    /// A home that may have been used before.
    pub fn over(folder: TempDir) -> Self {
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let mut variables = vec![
            ("HOME".to_owned(), path("")),
            ("OCELOT_HOME".to_owned(), path("data")),
        ];
        if let Ok(path) = std::env::var("PATH") {
            variables.push(("PATH".to_owned(), path));
        }
        Self { folder, variables }
    }

    /// The same with one more variable for every run, or another value for one.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The variables of every run; of those with one name the last one holds.
    pub fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        let variables = self.variables.iter();
        variables.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The home folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The path of something in the home folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file below the home folder, and tells its path.
    pub fn write(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The program with a line as it is typed (see [`words`]), ready to be run by hand.
    pub fn command(&self, line: &str) -> Command {
        self.command_of(words(line))
    }

    /// The same with words that are told apart already.
    pub fn command_of<W: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Command {
        let mut command = Command::new(ocelot());
        command
            .args(words)
            .env_clear()
            .envs(self.environment())
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// What comes of a line, whatever it is.
    pub fn output(&self, line: &str) -> Output {
        finish(self.command(line))
    }

    /// What a line that succeeds prints, and what it tells on stderr.
    pub fn texts(&self, line: &str) -> (String, String) {
        let output = self.output(line);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        assert!(output.status.success(), "{line}\n{stdout}{stderr}");
        (stdout, stderr)
    }

    /// What a line that succeeds prints.
    pub fn text(&self, line: &str) -> String {
        self.texts(line).0
    }

    /// The data that a line prints, which must succeed, and what it tells on stderr.
    pub fn told(&self, line: &str) -> (Value, String) {
        let (stdout, stderr) = self.texts(line);
        let data = match stdout.as_str() {
            "" => Value::Null,
            printed => serde_json::from_str::<Value>(printed).unwrap()["data"].clone(),
        };
        (data, stderr)
    }

    /// The data that a line prints; it has nothing to complain of.
    pub fn data(&self, line: &str) -> Value {
        let (data, stderr) = self.told(line);
        assert_eq!(stderr, "", "{line}");
        data
    }

    /// What a line that fails with this status tells; it prints nothing.
    pub fn fails(&self, line: &str, status: i32) -> String {
        let output = self.output(line);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{line}\n{stderr}");
        assert!(output.stdout.is_empty(), "{line}");
        stderr
    }

    /// Subscribes an endpoint to the topic `alerts` and confirms it, delivering nothing.
    pub fn subscribe(&self, protocol: &str, endpoint: &str) {
        self.data(&format!(
            "ons subscription create --topic-id alerts --protocol {protocol} \
             --subscription-endpoint {endpoint} --delivery-timeout 0"
        ));
        if protocol != "ORACLE_FUNCTIONS" {
            self.confirm_newest();
        }
    }

    /// Confirms the newest subscription.
    pub fn confirm_newest(&self) {
        let inbox = self.data("local inbox list");
        let mut entries = inbox.as_array().unwrap().iter();
        let asks = entries.find(|entry| !entry["confirmation-url"].is_null());
        self.data(&format!("local inbox confirm {}", asks.unwrap()["number"]));
    }

    /// The candidates that a shell is offered for the last word of a line.
    pub fn completed(&self, line: &str) -> Vec<String> {
        let mut command = self.command("");
        let words = std::iter::once("ocelot").chain(line.split(' '));
        let index = line.split(' ').count().to_string();
        command
            .env("OCELOT_COMPLETE", "fish")
            .env("_CLAP_COMPLETE_INDEX", index)
            .arg("--")
            .args(words);
        let text = String::from_utf8(finish(command).stdout).unwrap();
        let lines = text.lines().map(|line| line.split('\t').next().unwrap());
        lines.map(str::to_owned).collect()
    }

    /// The objects below a folder: their paths in it, and their lines.
    pub fn objects(&self, root: &str) -> Vec<(String, Vec<Value>)> {
        let root = self.path(root);
        let mut found = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "gz") {
                    let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
                    found.push((name.to_owned(), lines(&fs::read(&path).unwrap())));
                }
            }
        }
        found.sort_by(|one, other| one.0.cmp(&other.0));
        found
    }

    /// A server on this home's data folder, at free addresses.
    pub fn serve(&self, options: &str) -> Server {
        self.serve_at("127.0.0.1:0", options)
    }

    /// The same with REST at this address.
    pub fn serve_at(&self, address: &str, options: &str) -> Server {
        let any = "127.0.0.1:0";
        let mut command = self.command_of(Server::words(address, any));
        command.args(words(options));
        Server::start(command, self.folder.path())
    }
}

/// The JSON lines of what is compressed.
pub fn lines(content: &[u8]) -> Vec<Value> {
    let mut text = String::new();
    GzDecoder::new(content).read_to_string(&mut text).unwrap();
    assert!(text.ends_with('\n'));
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The words of a line: single quotes keep words together.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut current: Option<String> = None;
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                current.get_or_insert_default();
            }
            c if c.is_whitespace() && !quoted => words.extend(current.take()),
            c => current.get_or_insert_default().push(c),
        }
    }
    assert!(!quoted, "a quote is open in {line}");
    words.extend(current);
    words
}
