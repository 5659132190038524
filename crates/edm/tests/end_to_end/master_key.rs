//! A master key apart from the data: where every command finds it, and the messages if it does not.

use std::fs;
use std::path::Path;

use crate::fill;
use crate::program::{Server, edm, result, stderr, stdout};

/// Runs a command on a data directory with these options and variables. Returns its status and all
/// output.
fn said(command: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let ended = edm(command).envs(environment.iter().copied()).output().expect("ends");
    (ended.status.code(), format!("{}{}", stdout(&ended), stderr(&ended)))
}

fn expect_found(server: &Server) {
    let found = result(&server.program().run(["classify", "-"], "Langer 1982-03-04 900-12-3456"));
    assert_eq!(found["classification"][0]["confidence"], 85, "{found}");
}

#[test]
fn a_key_lies_apart_and_every_command_finds_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("apart.key").display().to_string();
    let mut server = Server::start_with(folder, &["--master-key-file", &path]);
    let (data, log) = (server.data_dir(), server.log());
    fill(&server.program(), "people");
    assert!(!Path::new(&data).join("master.key").exists(), "the key is made where it was said");
    let key = fs::read_to_string(&path).expect("the key was made");
    let credentials = tempfile::tempdir().expect("a folder");
    fs::write(credentials.path().join("edm-master-key"), &key).expect("writes");
    let credentials = credentials.path().display().to_string();
    let (variable, handed) =
        (("EDM_MASTER_KEY", key.trim()), ("CREDENTIALS_DIRECTORY", credentials.as_str()));
    let (option, other) = (["--master-key-file", &path], "ab".repeat(32));
    let check = |options: &[&str], environment: &[(&str, &str)], status: i32, part: &str| {
        for command in [&["token", "list"][..], &["verify"], &["serve", "--listen", "127.0.0.1:0"]] {
            if command[0] == "serve" && status == 0 {
                continue;
            }
            let all = [command, &["--data-dir", &data, "--output", "table"], options].concat();
            let (ended, told) = said(&all, environment);
            assert_eq!(ended, Some(status), "{all:?}: {told}");
            assert!(told.contains(part), "{all:?}: {told}");
            assert!(!told.contains(key.trim()) && !told.contains(&other), "a key is never shown: {all:?}");
        }
    };
    check(&option, &[], 0, "");
    check(&[], &[variable], 0, "");
    check(&[], &[handed], 0, "");
    check(&["--master-key-file", &format!("{credentials}/edm-master-key")], &[handed], 0, "");
    check(&option, &[variable], 2, "--master-key-file and EDM_MASTER_KEY both give a master key");
    check(&option, &[handed], 2, "--master-key-file and the credential edm-master-key both give");
    check(&[], &[handed, variable], 2, "EDM_MASTER_KEY and the credential edm-master-key both give");
    let wrong = "with the key of EDM_MASTER_KEY: the master key is not the one that this data directory was made with";
    server.kill();
    check(&[], &[("EDM_MASTER_KEY", &other)], 1, wrong);
    check(&[], &[("EDM_MASTER_KEY", "abc")], 1, "a master key is 64 hexadecimal digits");
    let (status, told) = said(&["token", "list", "--data-dir", &data], &[]);
    assert!(
        status == Some(1) && told.contains("needs its key: name its place with --master-key-file"),
        "{told}"
    );
    let (status, told) = said(&["serve", "--data-dir", &data, "--listen", "127.0.0.1:0"], &[]);
    assert!(status == Some(1) && told.contains("the data cannot be read without it"), "{told}");
    assert!(!log.text().contains("lies beside the data"), "{}", log.text());

    server.restart_in(&[], &[variable]);
    expect_found(&server);
    server.kill();
    server.restart_in(&[], &[handed]);
    expect_found(&server);
    server.kill();
    // The old key file is reported until it is removed.
    fs::copy(&path, Path::new(&data).join("master.key")).expect("copies");
    server.restart(&option);
    server.log().wait_for("master.key is still there: remove it", 0);
    check(&option, &[], 0, "master.key is still there: remove it");
}

#[test]
fn a_key_beside_the_data_is_told_and_can_be_moved() {
    let mut server = Server::start();
    fill(&server.program(), "people");
    server.log().wait_for("the master key lies beside the data", 0);
    server.kill();
    let apart = server.folder().join("moved.key");
    fs::rename(server.folder().join("data/master.key"), &apart).expect("moves");
    server.restart(&["--master-key-file", &apart.display().to_string()]);
    expect_found(&server);
    assert!(!server.log().text().contains("lies beside the data"));
}

#[test]
fn a_folder_that_is_no_data_directory_is_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().display().to_string();
    for command in ["verify", "token list"] {
        let words: Vec<&str> = command.split(' ').chain(["--data-dir", &path]).collect();
        let (status, told) = said(&words, &[("EDM_MASTER_KEY", &"ab".repeat(32))]);
        assert!(status == Some(1) && told.contains("is no data directory: it has no catalog.db"), "{told}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 0);
}
