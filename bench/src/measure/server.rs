//! Servers under measurement: the product's server and the bare handler. Both are on loopback and
//! ended on drop.

use std::fs;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};
use nix::unistd::{SysconfVar, sysconf};
use serde_json::Value;

use crate::people;

/// Writes a table with five columns.
pub(crate) fn write_csv(file: &Path, rows: u64) -> anyhow::Result<()> {
    let mut out = BufWriter::new(fs::File::create(file)?);
    writeln!(out, "ssn,card,email,mrn,name")?;
    for row in 0..rows {
        let cells = people::cells(row);
        writeln!(out, "{}", cells[..5].join(","))?;
    }
    out.flush()?;
    Ok(())
}

/// The bare handler, ended on drop.
pub(crate) struct Handler {
    child: Child,
    pub(crate) url: String,
}

impl Handler {
    /// Starts the handler and reads its address.
    pub(crate) fn start(program: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(program).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("a pipe")?).read_line(&mut line)?;
        Ok(Self { child, url: format!("http://{}/classify", line.trim()) })
    }
}

impl Handler {
    /// Returns the CPU seconds that the handler has used; `None` without Linux's `/proc`.
    pub(crate) fn cpu_seconds(&self) -> Option<f64> {
        process_cpu_seconds(self.child.id())
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running `edm serve` on loopback with an empty data directory, ended on drop.
pub(crate) struct Server {
    edm: PathBuf,
    child: Child,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Server {
    /// Starts a server and waits until it prints its address.
    pub(crate) fn start(edm: &Path, folder: &Path) -> anyhow::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        Self::open(edm, folder)
    }

    /// Starts a server on the data of an earlier one in the folder.
    pub(crate) fn open(edm: &Path, folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let data = folder.join("data");
        let mut command = Command::new(edm);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&data);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut log = BufReader::new(child.stderr.take().context("a pipe")?);
        let mut line = String::new();
        let url = loop {
            line.clear();
            if log.read_line(&mut line)? == 0 {
                bail!("edm serve ended before it listened");
            }
            if let Some(at) = line.find("http://") {
                let address = &line[at + "http://".len()..];
                let end = address
                    .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':')
                    .unwrap_or(address.len());
                break format!("http://{}", &address[..end]);
            }
        };
        // A full pipe would block the server.
        std::thread::spawn(move || log.read_to_end(&mut Vec::new()));
        let token = fs::read_to_string(data.join("admin-token"))?.trim().to_owned();
        Ok(Self { edm: edm.to_owned(), child, url, token })
    }

    /// Creates the store `bench` with the columns of
    /// [`Table::narrow`](crate::tables::Table::narrow).
    pub(crate) fn create_store(&self) -> anyhow::Result<()> {
        let columns = [
            "ssn:searchable:ssn",
            "card:searchable:card",
            "email:searchable:email",
            "mrn:searchable:digits=10",
            "name:searchable:name",
        ];
        let mut arguments = vec!["store", "create", "--name", "bench"];
        columns.iter().for_each(|column| arguments.extend(["--column", *column]));
        self.edm(&arguments).map(drop)
    }

    /// Returns the CPU seconds, user and system, that the server has used; `None` without Linux's
    /// `/proc`.
    pub(crate) fn cpu_seconds(&self) -> Option<f64> {
        process_cpu_seconds(self.child.id())
    }

    /// Runs a command against the server. Returns its output, parsed as JSON.
    pub(crate) fn edm(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let mut command = Command::new(&self.edm);
        command
            .args(arguments)
            .args(["--output", "json"])
            .env("EDM_SERVER", &self.url)
            .env("EDM_TOKEN", &self.token);
        let output = command.stdin(Stdio::null()).output()?;
        if !output.status.success() {
            bail!("edm {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the CPU seconds, user and system, of a running process.
fn process_cpu_seconds(process: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process)).ok()?;
    // The program name is in parentheses and may contain spaces. User and system time are fields 14
    // and 15.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    let second = sysconf(SysconfVar::CLK_TCK).ok().flatten()?;
    Some(ticks / second as f64)
}
