//! The program's self-description: version, completions, manual pages.

use std::fs;

use crate::program::{edm, stderr, stdout};

fn run(arguments: &[&str]) -> std::process::Output {
    edm(arguments).output().expect("the binary runs")
}

#[test]
fn versions() {
    let short = format!("edm {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(stdout(&run(&["-V"])), short);
    let long = stdout(&run(&["--version"]));
    let (first, rest) = long.split_at(short.len());
    assert_eq!(first, short);
    assert!(rest.ends_with("features: agent, server\n") || rest.contains("aws-lc-rs"), "{long}");
    // A source archive has no commit.
    let commit = rest.lines().find_map(|line| line.strip_prefix("commit: "));
    let is_hash = |commit: &str| commit.len() >= 12 && commit.chars().all(|c| c.is_ascii_hexdigit());
    assert!(commit.is_none_or(is_hash), "{long}");
}

#[test]
fn completions_of_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ended = run(&["completions", shell]);
        assert_eq!(ended.status.code(), Some(0), "{shell}: {}", stderr(&ended));
        let script = stdout(&ended);
        assert!(script.contains("rollback") && script.contains("allowed-bad-lines"), "{shell}: {script}");
    }
    let refused = run(&["completions", "cmd"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("powershell"), "{}", stderr(&refused));
}

#[test]
fn one_manual_page_a_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let pages = folder.path().join("share/man1");
    let written = || {
        let ended = run(&["man", &pages.to_string_lossy()]);
        assert_eq!(ended.status.code(), Some(0), "{}", stderr(&ended));
        let read = |name: &str| fs::read_to_string(pages.join(name)).expect("a page of this command");
        ["edm.1", "edm-classify.1", "edm-store-update.1", "edm-upload-list.1", "edm-man.1"].map(read)
    };
    let [whole, classify, update, ..] = written();
    assert!(whole.contains(".TH edm 1") && whole.contains("edm\\-store(1)"), "{whole}");
    assert!(classify.contains("fail\\-on\\-match") && classify.contains("Exit status"), "{classify}");
    assert!(update.contains("remove\\-column"), "{update}");
    let source = format!("\"edm {}\"", env!("CARGO_PKG_VERSION"));
    assert!(update.contains(&source) && !whole.contains("commit: "), "{update}");
    assert!(!pages.join("edm-help.1").exists(), "help is no page of its own");
    // The pages are reproducible.
    assert_eq!(written(), written());
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a writable folder");
    let refused = run(&["man", &file.to_string_lossy()]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("name another one"), "{}", stderr(&refused));
}
