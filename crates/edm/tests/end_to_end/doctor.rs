//! `edm doctor` on sound and broken set-ups; it changes none of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::SystemTime;

use serde_json::Value;

use crate::program::{Server, edm, json, stderr};
use crate::{COLUMNS, fill};

/// Returns the result of each check: `state: found`, and the advice.
fn said(ended: &Output) -> BTreeMap<String, String> {
    let document = json(ended);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let checks = document["checks"].as_array().expect("a list");
    let failed = checks.iter().filter(|check| check["state"] == "fail").count();
    assert_eq!(
        (document["failed"].as_u64(), ended.status.code()),
        (Some(failed as u64), Some(i32::from(failed > 0)))
    );
    for check in checks {
        assert_eq!(
            check["advice"].is_null(),
            check["state"] == "ok",
            "whatever is wrong has an advice: {check}"
        );
    }
    let line = |check: &Value| format!("{}: {}", text(&check["state"]), text(&check["found"]));
    checks.iter().map(|check| (text(&check["check"]), line(check))).collect()
}

fn expect(ended: &Output, expected: &[(&str, &str, &str)]) {
    let said = said(ended);
    for (name, state, part) in expected {
        let line = said.get(*name).unwrap_or_else(|| panic!("{name} is not looked at: {said:?}"));
        assert!(line.starts_with(state) && line.contains(part), "{name}: {line}, not {state} … {part}");
    }
}

#[test]
fn a_client_is_told_what_is_wrong() {
    let server = Server::start();
    let edm = server.program();
    let doctor = || edm.run(["doctor"], "");
    expect(&doctor(), &[("stores", "warn", "there is none")]);
    let empty = edm.run([&["store", "create", "--name", "empty"][..], &COLUMNS].concat(), "");
    assert_eq!(empty.status.code(), Some(0), "{}", stderr(&empty));
    fill(&edm, "people");
    expect(
        &doctor(),
        &[
            ("server", "ok", "answers, without TLS"),
            ("clock", "ok", "agree"),
            ("ready", "ok", "is ready"),
            ("token", "ok", "its roles: ExactMatch.Admin"),
            ("stores", "warn", "without a live row, so not looked for: empty"),
            ("core dumps", "ok", ""),
        ],
    );
    edm.run(["store", "delete", "empty", "--yes"], "");
    expect(&doctor(), &[("stores", "ok", "1 of 1 are served")]);

    let create = ["token", "create", "--data-dir", &server.data_dir(), "--name", "desk", "--role", "Lookup"];
    let desk = json(&edm.bare(create))["token"].as_str().expect("a token").to_owned();
    let lookup = edm.with_token(&desk, ["doctor"], "");
    expect(&lookup, &[("token", "ok", "its roles: ExactMatch.Lookup; it may not read data stores")]);
    assert!(!said(&lookup).contains_key("stores"));
    expect(
        &edm.with_token("edm_nobody", ["doctor"], ""),
        &[("ready", "ok", ""), ("token", "fail", "does not know it")],
    );
    expect(&edm.with_token("", ["doctor"], ""), &[("token", "fail", "there is none to send")]);
    expect(&edm.at("http://127.0.0.1:1").run(["doctor"], ""), &[("server", "fail", "http://127.0.0.1:1")]);
    expect(&edm.at("http://192.0.2.1:9").run(["doctor"], ""), &[("server", "fail", "--insecure-http")]);
    // It accepts connections and never responds.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", silent.local_addr().expect("has one"));
    expect(
        &edm.at(&address).run(["doctor"], ""),
        &[("server", "fail", "did not answer within five seconds")],
    );
    let tls = server.url().replace("http://", "https://");
    expect(&edm.at(&tls).run(["doctor"], ""), &[("server", "fail", "does not speak TLS")]);
    let people = edm.run(["doctor", "--output", "table"], "");
    let text = String::from_utf8(people.stdout).expect("text");
    assert!(text.lines().count() < 12 && text.contains("checks: 0 failed, 0 warnings"), "{text}");
}

/// Every file with its length, modification time and permissions.
fn state(folder: &Path) -> BTreeMap<String, (u64, SystemTime, String)> {
    let entries = fs::read_dir(folder).expect("can be read").map(|entry| entry.expect("can be read"));
    let one = |entry: fs::DirEntry| {
        let found = entry.metadata().expect("can be asked");
        let state = (found.len(), found.modified().expect("is known"), format!("{:?}", found.permissions()));
        (entry.file_name().to_string_lossy().into_owned(), state)
    };
    entries.map(one).collect()
}

fn doctor(options: &[&str]) -> Output {
    edm([&["doctor"][..], options].concat()).output().expect("ends")
}

#[test]
fn a_data_directory_is_looked_at_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("apart.key").display().to_string();
    let mut server = Server::start_with(folder, &["--master-key-file", &key]);
    fill(&server.program(), "people");
    let data = server.data_dir();
    let options = ["--data-dir", &data, "--master-key-file", &key];
    let running = doctor(&options);
    expect(&running, &[("lock", "ok", "a server works"), ("catalog", "ok", "in use by the server")]);
    assert!(!said(&running).contains_key("server"), "nobody said that a server is to be asked");
    // The default address counts as given if it is given explicitly.
    let said_so = [&options[..], &["--server", "http://127.0.0.1:8080"]].concat();
    assert!(said(&doctor(&said_so)).contains_key("server"));
    // As after a crash: with a write-ahead log.
    server.kill();
    let before = state(Path::new(&data));
    assert!(before.contains_key("catalog.db-wal"));
    let apart = [
        ("directory", "ok", "its owner's alone"),
        ("lock", "ok", "no server works"),
        ("space", "", "MiB are free"),
        ("key", "ok", "apart from the data"),
        ("catalog", "ok", "this version's tables, and the key is its own"),
        ("admin-token", "warn", "still lies in"),
        ("core dumps", "ok", ""),
    ];
    expect(&doctor(&options), &apart);
    assert_eq!(state(Path::new(&data)), before, "nothing is made or changed");

    let other = server.folder().join("other.key").display().to_string();
    fs::write(&other, "ab".repeat(32)).expect("writes");
    let wrong = doctor(&["--data-dir", &data, "--master-key-file", &other]);
    expect(&wrong, &[("catalog", "fail", "is not the one that this data directory was made with")]);
    let none = doctor(&["--data-dir", &data]);
    expect(&none, &[("key", "fail", "master.key"), ("catalog", "ok", "cannot be told without one")]);
    let twice = edm([&["doctor"][..], &options].concat()).env("EDM_MASTER_KEY", "ab".repeat(32)).output();
    let twice = twice.expect("ends");
    expect(&twice, &[("key", "fail", "both give a master key")]);
    assert_eq!(state(Path::new(&data)), before, "nothing is made or changed");

    // A volume that is not mounted.
    let (blobs, away) = (Path::new(&data).join("blobs"), server.folder().join("away"));
    fs::rename(&blobs, &away).expect("moves");
    expect(&doctor(&options), &[("blobs", "fail", "the catalog names data in it")]);
    let repair = edm([&["verify", "--repair"][..], &options].concat()).output().expect("ends");
    assert!(
        repair.status.code() == Some(1) && stderr(&repair).contains("mount its volume"),
        "{}",
        stderr(&repair)
    );
    fs::rename(&away, &blobs).expect("moves");
    let list = edm([&["token", "list", "--output", "json"][..], &options].concat()).output().expect("ends");
    for token in json(&list).as_array().expect("a list") {
        let revoke = ["token", "revoke", token["id"].as_str().expect("an id")];
        let revoked = edm([&revoke[..], &options].concat()).output().expect("ends");
        assert!(stderr(&revoked).contains("no token with the role Admin is left"), "{}", stderr(&revoked));
    }
    let desk = ["token", "create", "--name", "desk", "--role", "Lookup"];
    let desk = edm([&desk[..], &options].concat()).output().expect("ends");
    assert_eq!(desk.status.code(), Some(0), "{}", stderr(&desk));
    expect(&doctor(&options), &[("admin tokens", "warn", "no token with the role Admin")]);
    fs::copy(&key, Path::new(&data).join("master.key")).expect("copies");
    expect(&doctor(&["--data-dir", &data]), &[("key", "warn", "lies beside the data")]);
    expect(&doctor(&options), &[("key", "warn", "is still there")]);
    fs::write(Path::new(&data).join("catalog.db"), "no catalog at all").expect("writes");
    // The commands closed the catalog in order.
    assert!(!Path::new(&data).join("catalog.db-wal").exists());
    expect(&doctor(&options), &[("catalog", "fail", "it cannot be read")]);
    let listed = edm([&["token", "list"][..], &options].concat()).output().expect("ends");
    let complaint = format!("cannot open {data}: the catalog is damaged");
    assert!(stderr(&listed).contains(&complaint), "{}", stderr(&listed));
    fs::write(Path::new(&data).join("catalog.db"), "").expect("writes");
    expect(&doctor(&options), &[("catalog", "fail", "missing or empty")]);
    let nowhere = server.folder().join("nowhere").display().to_string();
    expect(&doctor(&["--data-dir", &nowhere]), &[("directory", "fail", "nowhere")]);
    assert!(!Path::new(&nowhere).exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let open = |name: &str, mode| {
            let rights = fs::Permissions::from_mode(mode);
            fs::set_permissions(Path::new(&data).join(name), rights).expect("sets");
        };
        open(".", 0o755);
        expect(&doctor(&options), &[("directory", "warn", "others can list")]);
        open("admin-token", 0o644);
        expect(&doctor(&options), &[("directory", "fail", "admin-token")]);
    }
}

#[test]
fn settings_and_certificates_are_judged() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("edm.toml");
    let path = file.display().to_string();
    let check = |text: &str, expected: &[(&str, &str, &str)]| {
        fs::write(&file, text).expect("writes");
        let before = state(folder.path());
        let ended = doctor(&["--config", &path]);
        expect(&ended, expected);
        assert_eq!(state(folder.path()), before, "{text}");
    };
    let tls = "[tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\n";
    // Makes a certificate that expires in this many days.
    let certify = |days: i64| {
        let signing_key = rcgen::KeyPair::generate().expect("makes a key");
        let mut params = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name");
        params.not_after = time_in(days);
        let certified = params.self_signed(&signing_key).expect("makes a certificate");
        fs::write(folder.path().join("server.pem"), certified.pem()).expect("writes");
        fs::write(folder.path().join("server.key"), signing_key.serialize_pem()).expect("writes");
    };
    check("", &[("config", "ok", "can be used"), ("core dumps", "ok", "")]);
    check("[matching]\nconcurency = 1\n", &[("config", "fail", "concurency")]);
    check("[server]\nlisten = \"0.0.0.0:8080\"\n", &[("listen", "fail", "there is no TLS")]);
    let lacking = "[server]\nlisten = \"192.0.2.1:8080\"\ninsecure_http = true\n";
    check(lacking, &[("listen", "fail", "no such address")]);
    check("[log]\nfilter = \"warning\"\n", &[("config", "fail", "log.filter")]);
    assert_eq!(doctor(&["--master-key-file", "a"]).status.code(), Some(2), "without --data-dir");
    check("[limits]\nconnections = 1000000\n", &[("open files", "", "")]);
    check(tls, &[("certificate", "fail", "server.pem")]);
    certify(400);
    check(tls, &[("config", "ok", ""), ("certificate", "ok", "holds until")]);
    certify(10);
    check(tls, &[("certificate", "warn", "is over in")]);
    certify(-10);
    check(tls, &[("certificate", "fail", "is over")]);
    certify(400);
    let key = rcgen::KeyPair::generate().expect("makes a key").serialize_pem();
    fs::write(folder.path().join("server.key"), key).expect("writes");
    check(tls, &[("certificate", "fail", "do not fit together")]);
    // Options override the file.
    certify(400);
    let [pem, key] = ["server.pem", "server.key"].map(|name| folder.path().join(name).display().to_string());
    fs::write(&file, "[tls]\ncertificate = \"a\"\nkey = \"b\"\n").expect("writes");
    expect(
        &doctor(&["--tls-cert", &pem, "--tls-key", &key, "--config", &path]),
        &[("certificate", "ok", &pem)],
    );
    expect(&doctor(&["--tls-cert", &key, "--tls-key", &pem]), &[("certificate", "fail", "")]);
    assert_eq!(doctor(&["--tls-cert", &pem]).status.code(), Some(2));
    expect(&doctor(&["--config", "/nowhere/edm.toml"]), &[("config", "fail", "cannot read")]);
}

/// Returns midnight in this many days, within the range of certificate dates.
fn time_in(days: i64) -> time::OffsetDateTime {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let seconds = i64::try_from(now.as_secs()).expect("fits") + days * 24 * 3_600;
    time::OffsetDateTime::from_unix_timestamp(seconds).expect("a moment")
}

#[test]
fn data_that_cannot_be_read_is_told_to_its_users() {
    fn damage(folder: &Path) {
        for entry in fs::read_dir(folder).expect("can be read") {
            let path = entry.expect("can be read").path();
            match path.is_dir() {
                true => damage(&path),
                false if path.to_string_lossy().contains("/generations/") => {
                    fs::write(&path, "x").expect("writes")
                }
                false => {}
            }
        }
    }
    let mut server = Server::start();
    fill(&server.program(), "people");
    server.kill();
    damage(&server.folder().join("data/blobs"));
    server.restart(&[]);
    server.log().wait_for("live generations are loaded", 0);
    let ended = server.program().run(["doctor"], "");
    expect(&ended, &[("ready", "fail", "503"), ("token", "ok", "takes it"), ("stores", "fail", "people")]);
}
