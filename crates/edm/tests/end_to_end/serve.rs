//! The set-up of `edm serve`: address and TLS, configuration file, roles, log and file permissions.

use std::fs;

use crate::program::{self, Server, json, result, stderr};
use crate::{COLUMNS, TABLE, fill};

#[test]
fn an_address_beyond_this_machine_needs_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data").display().to_string();
    let refused =
        program::edm(["serve", "--data-dir", &data, "--listen", "0.0.0.0:0"]).output().expect("runs");
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("--tls-cert"), "{}", stderr(&refused));
    assert!(!fs::exists(&data).expect("can be asked"), "nothing is made before the address is had");
}

/// Writes a certificate for loopback and its key as PEM files. The certificate is self-signed, as
/// `openssl req -x509` makes it.
pub(crate) fn self_signed(folder: &std::path::Path) -> (String, String) {
    self_signed_for(folder, vec!["127.0.0.1".to_owned()])
}

/// The same for these names, which may be none.
pub(crate) fn self_signed_for(folder: &std::path::Path, names: Vec<String>) -> (String, String) {
    let signing_key = rcgen::KeyPair::generate().expect("makes a key");
    let mut params = rcgen::CertificateParams::new(names).expect("names");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certified = params.self_signed(&signing_key).expect("makes a certificate");
    let (certificate, key) = (folder.join("server.pem"), folder.join("server.key"));
    fs::write(&certificate, certified.pem()).expect("writes");
    fs::write(&key, signing_key.serialize_pem()).expect("writes");
    (certificate.display().to_string(), key.display().to_string())
}

#[test]
fn the_service_speaks_tls_with_who_trusts_its_certificate() {
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = self_signed(folder.path());
    let other = tempfile::tempdir().expect("a folder");
    let (foreign, _) = self_signed(other.path());
    let server = Server::start_with(folder, &["--tls-cert", &certificate, "--tls-key", &key]);
    assert!(server.url().starts_with("https://127.0.0.1:"), "{}", server.url());
    let edm = server.program();
    let trusting =
        |arguments: &[&str], input: &str| edm.run([arguments, &["--ca-cert", &certificate]].concat(), input);
    let created = trusting(&[&["store", "create", "--name", "people"][..], &COLUMNS].concat(), "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    // Blocks go over TLS too: `dataUploadURI` is a URL of the same server.
    let table = edm.file("people.csv", TABLE);
    let upload = ["upload", "--store", "people", "--file", &table, "--allowed-bad-lines", "1", "--wait"];
    let uploaded = trusting(&upload, "");
    assert_eq!(uploaded.status.code(), Some(0), "{}", stderr(&uploaded));
    let found = result(&trusting(&["classify"], "Langer 1982-03-04 900-12-3456"));
    assert_eq!(found["classification"][0]["confidence"], 85, "{found}");
    for distrusting in [&["store", "list"][..], &["store", "list", "--ca-cert", &foreign]] {
        let refused = edm.run(distrusting, "");
        assert_eq!(refused.status.code(), Some(1), "{distrusting:?}");
        let told = stderr(&refused);
        assert!(told.contains("certificate is not trusted") && told.contains("--ca-cert FILE"), "{told}");
    }
    let plain = Server::start();
    for (url, part) in [
        (server.url().replace("https://", "http://"), "say https:// in --server"),
        (plain.url().replace("http://", "https://"), "does not speak TLS"),
    ] {
        let refused = edm.at(&url).run(["store", "list"], "");
        assert!(stderr(&refused).contains(part), "{url}: {}", stderr(&refused));
    }
}

#[test]
fn settings_come_from_the_file_and_the_command_line_goes_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (..) = self_signed(folder.path());
    let file = folder.path().join("edm.toml");
    fs::write(
        &file,
        "[server]\nlisten = \"192.0.2.1:1\"\n[tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\n\
         [sessions]\nshrink_percent_min = 0\n",
    )
    .expect("writes");
    let certificate = folder.path().join("server.pem").display().to_string();
    // No machine has the address of the file. The server listens, so it used the option.
    let server = Server::start_with(folder, &["--config", &file.display().to_string()]);
    assert!(server.url().starts_with("https://127.0.0.1:"), "{}", server.url());
    let edm = server.program();
    let run = |arguments: &[&str]| edm.run([arguments, &["--ca-cert", &certificate]].concat(), "");
    let created = run(&[&["store", "create", "--name", "people"][..], &COLUMNS].concat());
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    let upload = |table: String| run(&["upload", "--store", "people", "--file", &table, "--wait"]);
    let rows = "ssn,lastName,dob\n900-12-3456,Langer,1982-03-04\n901-23-4567,Okafor,1975-11-30\n";
    assert_eq!(upload(edm.file("two.csv", rows)).status.code(), Some(0));
    let fewer = upload(edm.file("one.csv", "ssn,lastName,dob\n905-67-8901,Tanaka,1966-06-06\n"));
    assert_eq!(fewer.status.code(), Some(0), "the file allows it: {}", stderr(&fewer));
}

#[test]
fn settings_that_cannot_be_are_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data").display().to_string();
    let file = folder.path().join("edm.toml").display().to_string();
    let check = |text: &str, options: &[&str], status: i32, part: &str| {
        fs::write(&file, text).expect("writes");
        let serve = ["serve", "--data-dir", &data, "--config", &file];
        let refused = program::edm([&serve[..], options].concat()).output().expect("ends");
        assert_eq!(refused.status.code(), Some(status), "{part}: {}", stderr(&refused));
        assert!(stderr(&refused).contains(part), "{part}: {}", stderr(&refused));
        assert!(!fs::exists(&data).expect("can be asked"), "{part}");
    };
    check("[matching]\nconcurency = 1\n", &[], 1, "concurency");
    check("[indexing]\nmemory_bytes = 1\n", &[], 1, "indexing.memory_bytes is 1: it may be");
    check("", &["--config", "nothing.toml"], 2, "--config");
    check("", &["--roles", "api,master"], 2, "there is no role “master”: give api, worker, or both");
    check("[server]\nroles = [\"master\"]\n", &[], 1, "there is no role “master”");
    check("[server]\nlisten = \"0.0.0.0:0\"\n", &[], 1, "--tls-cert");
}

#[test]
fn an_api_leaves_jobs_to_a_worker_and_a_worker_answers_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start_with(folder, &["--roles", "api"]);
    let edm = server.program();
    let created = edm.run([&["store", "create", "--name", "people"][..], &COLUMNS].concat(), "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    let table = edm.file("people.csv", TABLE);
    let uploaded = edm.run(["upload", "--store", "people", "--file", &table, "--allowed-bad-lines", "1"], "");
    assert_eq!(uploaded.status.code(), Some(0), "{}", stderr(&uploaded));
    let session = json(&uploaded)["sessionId"].as_str().expect("an id").to_owned();
    let state = || {
        let shown = json(&edm.run(["upload", "show", "--store", "people", &session], ""));
        shown["state"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(state(), "ProcessingInProgress");
    server.kill();
    server.restart(&["--roles", "worker"]);
    let refused = edm.run(["store", "list"], "");
    assert!(stderr(&refused).contains("unknownPath"), "{}", stderr(&refused));
    // Only an API node shows the end of the session; the worker may be killed before or after it.
    server.kill();
    server.restart(&[]);
    crate::crash::wait_until_completed(&edm, "people", &session);
}

#[test]
fn the_log_goes_to_standard_error_and_has_no_colours_there() {
    let server = Server::start();
    assert!(server.first_log.contains("edm is listening"), "{}", server.first_log);
    assert!(!server.first_log.contains('\u{1b}'), "{:?}", server.first_log);
}

#[test]
fn a_log_for_programs_is_one_object_a_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("edm.toml");
    fs::write(&file, "[log]\nformat = \"json\"\nfilter = \"debug\"\n").expect("writes");
    let mut server = Server::start_with(folder, &["--config", &file.display().to_string()]);
    fill(&server.program(), "people");
    let refused = server.program().with_token("edm_nobody", ["store", "list"], "");
    assert_eq!(refused.status.code(), Some(1));
    #[cfg(unix)]
    {
        // A message that quotes several lines of a file is still one line.
        fs::write(&file, "[log]\nformat = \"xml\"\n").expect("writes");
        server.signal(rustix::process::Signal::HUP);
        server.log().wait_for("nothing is changed", 0);
        fs::write(&file, "[log]\nformat = \"json\"\nfilter = \"warn\"\n").expect("writes");
        server.signal(rustix::process::Signal::HUP);
        server.signal(rustix::process::Signal::TERM);
        assert_eq!(server.wait().code(), Some(0));
    }
    let log = server.log().text();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    for line in &lines {
        for name in ["timestamp", "level", "target"] {
            assert!(line[name].is_string(), "{name}: {line}");
        }
        // Lines of libraries may contain only fields.
        let is_ours = line["target"].as_str().is_some_and(|target| target.starts_with("edm"));
        assert!(!is_ours || line["message"].is_string(), "{line}");
    }
    let of = |message: &'static str| lines.iter().filter(move |line| line["message"] == message);
    let listening = of("edm is listening").next().expect("is told");
    assert_eq!(
        (&listening["url"], &listening["level"]),
        (&server.url().into(), &"INFO".into()),
        "{listening}"
    );
    assert!(
        of("request done").any(|line| line["http.status"] == 401 && line["request.id"].is_string()),
        "{log}"
    );
    assert!(lines.iter().any(|line| line["span"]["request.id"].is_string()), "{log}");
    assert!(lines.iter().any(|line| line["level"] == "DEBUG"), "{log}");
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_what_the_service_keeps() {
    use std::os::unix::fs::PermissionsExt;

    fn open_to_others(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("can be read") {
            let entry = entry.expect("can be read");
            let metadata = entry.metadata().expect("can be asked");
            if metadata.permissions().mode() & 0o077 != 0 {
                found.push(format!("{} {:o}", entry.path().display(), metadata.permissions().mode()));
            }
            if metadata.is_dir() {
                open_to_others(&entry.path(), found);
            }
        }
    }

    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("makes");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).expect("sets");
    let mut server = Server::start_with(folder, &[]);
    fill(&server.program(), "people");
    let check = |what: &str| {
        let mut found = Vec::new();
        open_to_others(&data, &mut found);
        assert!(found.is_empty(), "{what}: {found:?}");
        assert!(data.join("catalog.db-wal").exists() && data.join("blobs").exists(), "{what}");
    };
    check("made by the server");
    // As an earlier version or a restored backup left it.
    server.kill();
    for name in ["catalog.db", "catalog.db-wal", "catalog.db-shm", "lock", "master.key", "blobs"] {
        fs::set_permissions(data.join(name), fs::Permissions::from_mode(0o755)).expect("sets");
    }
    server.restart(&[]);
    check("found by the server");
}

#[test]
fn a_data_directory_in_use_is_told_of_before_anything_listens() {
    let server = Server::start();
    let second = program::edm(["serve", "--data-dir", &server.data_dir(), "--listen", "127.0.0.1:0"]);
    let refused = { second }.output().expect("ends");
    assert_eq!(refused.status.code(), Some(1));
    let told = stderr(&refused);
    assert!(told.contains("is in use by another `edm serve`") && !told.contains("listening"), "{told}");
}
