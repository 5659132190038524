//! Folders that contain only what was installed, and programs that run in them as their root.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

const START_SECONDS: u64 = 60;
const STOP_SECONDS: u64 = 40;

/// Returns whether this user may change the root and the owners of files.
pub(super) fn is_root() -> bool {
    let asked = Command::new("id").arg("-u").stdin(Stdio::null()).output();
    asked.is_ok_and(|asked| asked.stdout.trim_ascii() == b"0")
}

/// An installed program.
#[derive(Debug, Clone)]
pub(super) struct Installed {
    /// The root directory of the program; `None` for the system's.
    pub(super) root: Option<PathBuf>,
    /// The user that it runs as.
    pub(super) user: Option<u64>,
    /// Its path in the root.
    pub(super) program: PathBuf,
}

impl Installed {
    /// Makes a command with an empty environment.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = match &self.root {
            None => Command::new(&self.program),
            Some(root) => {
                let mut command = Command::new("chroot");
                command.args(self.user.map(|user| format!("--userspec={user}:{user}")));
                command.arg(root).arg(&self.program);
                command
            }
        };
        // `chroot` itself is found with the `PATH` of this process.
        command.args(arguments).env_clear().env("HOME", "/tmp").stdin(Stdio::null());
        if let (Some(_), Some(path)) = (&self.root, std::env::var_os("PATH")) {
            command.env("PATH", path);
        }
        command
    }

    /// Runs a command to its end and returns its output. Fails if the command does.
    pub(super) fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.command(arguments).output().context("the program does not start")?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            bail!("edm {} ended with {}: {printed}{}", arguments.join(" "), output.status, complaint.trim());
        }
        Ok(printed)
    }

    /// Runs a command that must fail; returns its error message.
    pub(super) fn refused(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.command(arguments).output().context("the program does not start")?;
        anyhow::ensure!(!output.status.success(), "edm {} was not refused", arguments.join(" "));
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Runs the server on a free loopback port until it reports that it is alive, then shuts it
    /// down in order.
    pub(super) fn serve(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let listen = format!("127.0.0.1:{port}");
        let mut command = self.command(&[&["serve", "--listen", &listen], arguments].concat());
        let mut server = Server(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?);
        let answered = server.answers(port);
        let ended = server.end();
        if let Err(error) = answered.and(ended) {
            let mut log = String::new();
            let _ = server.0.stderr.take().map(|mut stderr| stderr.read_to_string(&mut log));
            bail!("edm serve: {error:#}\n{log}");
        }
        Ok(())
    }
}

/// A server that is ended with its test.
struct Server(Child);

impl Server {
    fn answers(&mut self, port: u16) -> anyhow::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(START_SECONDS);
        while Instant::now() < deadline {
            if let Some(status) = self.0.try_wait()? {
                bail!("it ended with {status}");
            }
            if health(port).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("/healthz does not answer within {START_SECONDS} seconds")
    }

    fn end(&mut self) -> anyhow::Result<()> {
        Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status()?;
        let deadline = Instant::now() + Duration::from_secs(STOP_SECONDS);
        while Instant::now() < deadline {
            if let Some(status) = self.0.try_wait()? {
                anyhow::ensure!(status.success(), "it ended with {status}");
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("it does not end within {STOP_SECONDS} seconds")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

fn health(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// A folder that is removed after the check.
pub(super) struct CleanRoot(PathBuf);

impl CleanRoot {
    /// Makes an empty folder.
    pub(super) fn new(path: PathBuf) -> anyhow::Result<Self> {
        if path.exists() {
            std::fs::remove_dir_all(&path)?;
        }
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for CleanRoot {
    fn drop(&mut self) {
        // What remains is in the target folder, and is removed by the next check.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
