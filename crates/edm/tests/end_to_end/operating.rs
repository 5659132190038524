//! Operations on a running server: certificates and settings are replaced, and its key is
//! elsewhere.

use std::fs;
use std::io::Write;
use std::path::Path;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::COLUMNS;
use crate::program::{Server, json, stderr};
use crate::serve::{self_signed, self_signed_for};

/// A certificate and its key in a folder.
struct Pair(TempDir);

impl Pair {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        self_signed(folder.path());
        Self(folder)
    }

    /// As `openssl req -x509 -subj /CN=…` makes it: no subjectAltName.
    fn nameless() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        self_signed_for(folder.path(), Vec::new());
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn certificate(&self) -> String {
        self.path("server.pem")
    }

    /// Copies both to where the server reads them.
    fn install(&self, folder: &Path) {
        for name in ["server.pem", "server.key"] {
            fs::copy(self.path(name), folder.join(name)).expect("copies");
        }
    }
}

/// Starts a server with the certificate, copied to the server's folder.
fn with_certificate(pair: &Pair) -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    pair.install(folder.path());
    let [certificate, key] =
        ["server.pem", "server.key"].map(|name| folder.path().join(name).display().to_string());
    Server::start_with(folder, &["--tls-cert", &certificate, "--tls-key", &key])
}

fn row(number: u32) -> String {
    format!(
        "900-{:02}-{:04},Langer{number},1980-01-{:02}\n",
        number / 9_999 + 10,
        number % 9_999 + 1,
        number % 28 + 1
    )
}

/// A server once ended silently at SIGHUP, so that renewing a certificate needed a restart.
#[test]
fn a_certificate_is_replaced_while_a_table_and_a_text_come() {
    let (old, new) = (Pair::new(), Pair::new());
    let server = with_certificate(&old);
    let (edm, log) = (server.program(), server.log());
    let listing = |trusted: &Pair| edm.run(["store", "list", "--ca-cert", &trusted.certificate()], "");
    let create = ["store", "create", "--name", "people", "--ca-cert", &old.certificate()];
    let created = edm.run([&create[..], &COLUMNS].concat(), "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));

    let both = [&old, &new].map(|pair| fs::read_to_string(pair.certificate()).expect("reads")).concat();
    let both = edm.file("both.pem", both);
    let upload = ["upload", "--store", "people", "--file", "-", "--wait", "--ca-cert", &both];
    let mut uploading = edm.spawn_fed(upload);
    let mut table = uploading.stdin.take().expect("is piped");
    table.write_all(b"ssn,lastName,dob\n").expect("is read");
    let rows = |from: u32| (from..from + 4_000).map(row).collect::<String>();
    table.write_all(rows(0).as_bytes()).expect("is read");
    // It only trusts the old certificate, so only its existing connection works.
    let mut classifying = edm.spawn_fed(["classify", "-", "--ca-cert", &old.certificate()]);
    let mut text = classifying.stdin.take().expect("is piped");
    text.write_all(&b"a text that holds nothing. ".repeat(400_000)).expect("is read");

    new.install(server.folder());
    server.signal(Signal::HUP);
    log.wait_for("the certificate was read again", 0);
    let trusted = listing(&new);
    assert_eq!(trusted.status.code(), Some(0), "{}", stderr(&trusted));
    let refused = listing(&old);
    assert!(stderr(&refused).contains("certificate is not trusted"), "{}", stderr(&refused));

    text.write_all(b"the end").expect("is read");
    drop(text);
    let classified = classifying.wait_with_output().expect("ends");
    assert!(stderr(&classified).contains("1 file, 10,800,007 bytes"), "{}", stderr(&classified));
    table.write_all(rows(4_000).as_bytes()).expect("is read");
    drop(table);
    let uploaded = uploading.wait_with_output().expect("ends");
    assert_eq!(uploaded.status.code(), Some(0), "{}", stderr(&uploaded));
    assert_eq!(json(&uploaded)["liveRowCount"], 8_000, "{}", stderr(&uploaded));
}

/// Server, reload and doctor once accepted such a certificate silently. Every client refused it,
/// with advice that does not help.
#[test]
fn a_certificate_without_a_name_is_told_by_all_sides() {
    let (named, nameless) = (Pair::new(), Pair::nameless());
    let server = with_certificate(&nameless);
    let warned = "contains no subjectAltName";
    let first = server.first_log.lines().find(|line| line.contains(warned)).unwrap_or_default().to_owned();
    assert!(first.contains("WARN") && first.contains("-addext subjectAltName=DNS:"), "{}", server.first_log);
    let (edm, log) = (server.program(), server.log());
    for trusted in [&[][..], &["--ca-cert", &nameless.certificate()]] {
        let refused = edm.run([&["store", "list"][..], trusted].concat(), "");
        assert_eq!(refused.status.code(), Some(1));
        assert!(stderr(&refused).contains(warned), "{}", stderr(&refused));
    }
    let files =
        ["--tls-cert", &nameless.certificate(), "--tls-key", &nameless.path("server.key")].map(str::to_owned);
    let doctor = edm.bare(["doctor".to_owned()].into_iter().chain(files));
    let document = json(&doctor);
    let checks = document["checks"].as_array().expect("a list");
    let told = checks.iter().find(|check| check["check"] == "certificate").expect("it is looked at");
    assert_eq!(told["state"], "fail", "{told}");
    assert!(told["advice"].as_str().unwrap_or_default().contains("-addext"), "{told}");
    // A reload warns of it as the start does. It does not warn of a certificate with names.
    named.install(server.folder());
    server.signal(Signal::HUP);
    let told = log.wait_for("the certificate was read again", 0);
    nameless.install(server.folder());
    server.signal(Signal::HUP);
    let told_again = log.wait_for("the certificate was read again", told);
    log.wait_for(warned, told_again);
    assert!(!log.text()[told..told_again].contains(warned), "{}", log.text());
}

#[test]
fn a_certificate_that_cannot_be_used_leaves_the_one_before() {
    let (good, other) = (Pair::new(), Pair::new());
    let server = with_certificate(&good);
    let (edm, log) = (server.program(), server.log());
    let listing = |trusted: &Pair| edm.run(["store", "list", "--ca-cert", &trusted.certificate()], "");
    let mut told = 0;
    let mut check = |name: &str, content: Option<&[u8]>, part: &str| {
        let path = server.folder().join(name);
        match content {
            Some(content) => fs::write(&path, content).expect("writes"),
            None => fs::remove_file(&path).expect("removes"),
        }
        server.signal(Signal::HUP);
        told = log.wait_for("the certificate cannot be used, so the one before stays", told);
        let line = log.text()[..told].lines().last().expect("a line").to_owned();
        assert!(line.contains("ERROR") && line.contains(part), "{line}");
        let answered = listing(&good);
        assert_eq!(answered.status.code(), Some(0), "{part}: {}", stderr(&answered));
        good.install(server.folder());
    };
    // The certificate of one pair and the key of another, as in the middle of a renewal.
    let foreign = fs::read(other.certificate()).expect("reads");
    check("server.pem", Some(&foreign), "do not fit together");
    check("server.pem", Some(b"no PEM"), "holds no certificate");
    check("server.key", Some(b""), "cannot be read as PEM");
    check("server.pem", None, "cannot read");
    // Once this is corrected, the next signal applies it.
    other.install(server.folder());
    server.signal(Signal::HUP);
    log.wait_for("the certificate was read again", told);
    assert_eq!(listing(&other).status.code(), Some(0));
}

#[test]
fn settings_are_read_again_whole_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("edm.toml");
    fs::write(&file, "[server]\nallowed_hosts = [\"127.0.0.1\"]\n").expect("writes");
    let server = Server::start_with(folder, &["--config", &file.display().to_string()]);
    let (edm, log) = (server.program(), server.log());
    // Whether the host name that clients use is allowed.
    let is_answered = || edm.run(["store", "list"], "").status.code() == Some(0);
    assert!(is_answered());
    let reload = |text: &str, part: &str, from: usize| {
        fs::write(&file, text).expect("writes");
        server.signal(Signal::HUP);
        log.wait_for(part, from)
    };
    let told = reload(
        "[server]\nallowed_hosts = [\"edm.example\"]\nlisten = \"127.0.0.1:1\"\n[matching]\nconcurrency = 1\n",
        "need a restart",
        0,
    );
    let line = log.text()[..told].lines().last().expect("a line").to_owned();
    // The address was given as an option, which overrides the file.
    assert!(line.contains("WARN") && line.contains("\"matching.concurrency\""), "{line}");
    assert!(log.text().contains("changed=\"server.allowed_hosts\""), "{}", log.text());
    assert!(!is_answered(), "{}", log.text());
    // A file with an error changes nothing, not even its valid settings.
    let right = "[server]\nallowed_hosts = [\"127.0.0.1\"]\n";
    let told = reload(&format!("{right}[sessions]\nidle = 1\n"), "nothing is changed", told);
    let line = log.text()[..told].lines().last().expect("a line").to_owned();
    assert!(line.contains("ERROR") && line.contains("idle"), "{line}");
    assert!(!is_answered());
    let told = reload(&format!("{right}[limits]\nconnections = 1\n"), "nothing is changed", told);
    assert!(!is_answered());
    reload(right, "the configuration was read again", told);
    assert!(is_answered(), "{}", log.text());
}

#[test]
fn a_signal_for_which_there_is_nothing_to_do_is_told_and_ends_nothing() {
    let mut server = Server::start();
    let log = server.log();
    let mut told = 0;
    for _ in 0..3 {
        server.signal(Signal::HUP);
        told = log.wait_for("there is nothing to read again", told);
    }
    let listed = server.program().run(["store", "list"], "");
    assert_eq!(listed.status.code(), Some(0), "{}", stderr(&listed));
    server.signal(Signal::TERM);
    server.signal(Signal::HUP);
    assert_eq!(server.wait().code(), Some(0), "{}", log.text());
}

/// A core dump of a running server once contained cells of finished requests, a token and the
/// tenant's salt.
#[cfg(target_os = "linux")]
#[test]
fn a_crash_leaves_no_memory_behind() {
    let limit = |process: &str| {
        let limits = fs::read_to_string(format!("/proc/{process}/limits")).expect("can be read");
        let line = limits.lines().find(|line| line.starts_with("Max core file size")).expect("is listed");
        line.split_whitespace().skip(4).take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let server = Server::start();
    assert_eq!(limit(&server.process_id().to_string()), ["0", "0"]);
    if !rustix::process::geteuid().is_root() {
        let read = fs::read(format!("/proc/{}/environ", server.process_id()));
        assert!(read.is_err(), "nobody but root looks into the process");
    }
    let mut agent = server.program().spawn_fed(["classify", "-"]);
    // Once it reads, it has started.
    let mut text = agent.stdin.take().expect("is piped");
    text.write_all(&b"a text that holds nothing. ".repeat(10_000)).expect("is read");
    assert_eq!(limit(&agent.id().to_string()), ["0", "0"]);
    drop(text);
    agent.wait_with_output().expect("ends");

    let allowing = Server::start_with(tempfile::tempdir().expect("a folder"), &["--allow-core-dumps"]);
    assert_eq!(limit(&allowing.process_id().to_string()), limit("self"), "as the system has it");
}
