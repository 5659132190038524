//! Runs the binary: as a server on a free loopback port, and as a client of it.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// How long a test waits for a message of the server.
const TOLD_WITHIN: Duration = Duration::from_secs(60);

/// Returns the binary with these arguments and without our environment variables.
pub(crate) fn edm(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_edm"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in ["EDM_SERVER", "EDM_TOKEN", "EDM_LOG", "EDM_MASTER_KEY", "CREDENTIALS_DIRECTORY"] {
        command.env_remove(name);
    }
    command
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Parses the program's output, which is JSON since there is no terminal.
pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", stdout(output), stderr(output)))
}

/// Parses the output of `edm classify` for its one text.
pub(crate) fn result(output: &Output) -> Value {
    let mut document = json(output);
    assert_eq!(document["results"].as_array().map(Vec::len), Some(1), "{document}");
    document["results"][0]["result"].take()
}

/// A running `edm serve`, killed on drop.
pub(crate) struct Server {
    folder: TempDir,
    child: Child,
    url: String,
    /// The log up to the line with the address.
    pub(crate) first_log: String,
    log: Log,
}

/// The server's log so far, and a condition variable that signals new lines.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<(Mutex<String>, Condvar)>);

impl Log {
    fn add(&self, line: &str) {
        self.0.0.lock().expect("no panic").push_str(line);
        self.0.1.notify_all();
    }

    /// Waits until a line after the first `from` bytes contains the part; returns the position of
    /// its end.
    pub(crate) fn wait_for(&self, part: &str, from: usize) -> usize {
        let end = |log: &str| {
            let found = log.get(from..)?.split_inclusive('\n').scan(from, |end, line| {
                *end += line.len();
                Some((line.contains(part) && line.ends_with('\n'), *end))
            });
            { found }.find_map(|(holds, end)| holds.then_some(end))
        };
        let (log, bell) = &*self.0;
        let log = log.lock().expect("no panic");
        let wait = bell.wait_timeout_while(log, TOLD_WITHIN, |log| end(log).is_none());
        let (log, _) = wait.expect("no panic");
        end(&log).unwrap_or_else(|| panic!("the server never said “{part}”: {log}"))
    }

    /// Returns the whole log.
    pub(crate) fn text(&self) -> String {
        self.0.0.lock().expect("no panic").clone()
    }
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(tempfile::tempdir().expect("a folder"), &[])
    }

    /// Starts a server on `data` in the folder, with more options.
    pub(crate) fn start_with(folder: TempDir, options: &[&str]) -> Self {
        let Started { child, url, first_log, log } =
            start(&folder.path().join("data"), "127.0.0.1:0", options, &[]);
        Self { folder, child, url, first_log, log }
    }

    /// Ends the process at once, like `kill -9`, without a warning.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("runs until it is killed");
        self.child.wait().expect("was killed");
    }

    /// Starts the killed server again with the same data and address.
    pub(crate) fn restart(&mut self, options: &[&str]) {
        self.restart_in(options, &[]);
    }

    /// Starts it again with these environment variables.
    pub(crate) fn restart_in(&mut self, options: &[&str], environment: &[(&str, &str)]) {
        let listen = self.address().to_string();
        let Started { child, url, first_log, log } =
            start(&self.folder.path().join("data"), &listen, options, environment);
        (self.child, self.url, self.first_log, self.log) = (child, url, first_log, log);
    }

    /// Sends the process a signal.
    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, signal).expect("the server runs");
    }

    /// Waits until the process ends by itself, and returns its status.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("ends")
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the server's log.
    pub(crate) fn log(&self) -> Log {
        self.log.clone()
    }

    /// Returns the folder of its data directory.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn data_dir(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.url.split("//").nth(1).and_then(|address| address.parse().ok()).expect("an address")
    }

    /// Returns a client with the first start's token.
    pub(crate) fn program(&self) -> Program {
        let token = fs::read_to_string(self.folder.path().join("data/admin-token")).expect("a token");
        Program {
            folder: self.folder.path().to_owned(),
            url: self.url.clone(),
            token: token.trim().to_owned(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The test may have killed it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Started {
    child: Child,
    url: String,
    first_log: String,
    log: Log,
}

/// Starts a server and waits for the line with the address.
fn start(data_dir: &Path, listen: &str, options: &[&str], environment: &[(&str, &str)]) -> Started {
    let data_dir = data_dir.display().to_string();
    let serve = ["serve", "--data-dir", &data_dir, "--listen", listen];
    let mut command = edm([&serve[..], options].concat());
    let mut child = command.envs(environment.iter().copied()).spawn().expect("starts");
    let mut lines = BufReader::new(child.stderr.take().expect("is piped"));
    let mut seen = String::new();
    let url = loop {
        let mut line = String::new();
        let length = lines.read_line(&mut line).expect("reads the log");
        assert!(length > 0, "the server ended: {seen}");
        seen.push_str(&line);
        let found = ["https://", "http://"].into_iter().find_map(|scheme| Some((scheme, line.find(scheme)?)));
        if let Some((scheme, at)) = found {
            let rest = &line[at + scheme.len()..];
            let end = rest.find(|c: char| !(c.is_ascii_digit() || ".:".contains(c))).unwrap_or(rest.len());
            break format!("{scheme}{}", &rest[..end]);
        }
    };
    let log = Log::default();
    log.add(&seen);
    // The rest of the log must be read, or a full pipe would block the server.
    let rest = log.clone();
    thread::spawn(move || {
        let mut line = String::new();
        while lines.read_line(&mut line).is_ok_and(|length| length > 0) {
            rest.add(&line);
            line.clear();
        }
    });
    Started { child, url, first_log: seen, log }
}

/// The binary as a client of one server.
#[derive(Clone)]
pub(crate) struct Program {
    folder: PathBuf,
    url: String,
    token: String,
}

impl Program {
    /// Returns the same client with another address.
    pub(crate) fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.folder.join(name), content).expect("writes");
        self.path(name)
    }

    fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = edm(arguments);
        command.env("EDM_SERVER", &self.url).env("EDM_TOKEN", &self.token);
        // Journals stay in the test's folder.
        command.env("XDG_STATE_HOME", &self.folder);
        command
    }

    pub(crate) fn run(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>, input: &str) -> Output {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("starts");
        // A program that does not read its input may have ended.
        let _ = child.stdin.take().expect("is piped").write_all(input.as_bytes());
        child.wait_with_output().expect("ends")
    }

    pub(crate) fn with_token(
        &self,
        token: &str,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        input: &str,
    ) -> Output {
        Self { token: token.to_owned(), ..self.clone() }.run(arguments, input)
    }

    /// Runs a command that needs no server.
    pub(crate) fn bare(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
        edm(arguments).output().expect("ends")
    }

    /// Starts a command whose standard error is read while it runs.
    pub(crate) fn spawn_told(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Child {
        self.command(arguments).spawn().expect("starts")
    }

    /// Starts a command whose input the test writes while it runs.
    pub(crate) fn spawn_fed(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Child {
        self.command(arguments).stdin(Stdio::piped()).spawn().expect("starts")
    }

    pub(crate) fn spawn(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Child {
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts")
    }

    /// Runs a command whose output is closed.
    pub(crate) fn run_unread(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> ExitStatus {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        self.command(arguments).stdout(writer).status().expect("ends")
    }
}
