//! The version of this build: number, commit and features.

use std::sync::LazyLock;

/// The commit; `None` if the source was not a git checkout.
const COMMIT: Option<&str> = option_env!("EDM_COMMIT");

/// Returns the text that `--version` prints after the name. `-V` prints only the number.
pub(crate) fn long() -> &'static str {
    static LONG: LazyLock<String> = LazyLock::new(|| {
        let commit = COMMIT.filter(|commit| !commit.is_empty());
        let commit = commit.map_or_else(String::new, |commit| format!("\ncommit: {commit}"));
        format!("{}{commit}\nfeatures: {}", env!("CARGO_PKG_VERSION"), features().join(", "))
    });
    &LONG
}

fn features() -> Vec<&'static str> {
    let all = [
        (cfg!(feature = "agent"), "agent"),
        (cfg!(feature = "server"), "server"),
        (cfg!(feature = "aws-lc-rs"), "aws-lc-rs"),
    ];
    all.into_iter().filter(|(held, _)| *held).map(|(_, name)| name).collect()
}
