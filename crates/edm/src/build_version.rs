//! What this build is: version, commit and features.

use std::sync::LazyLock;

/// The commit that was built; none where the source was no git checkout.
const COMMIT: Option<&str> = option_env!("EDM_COMMIT");

/// Returns what `--version` says behind the name; `-V` says the version alone.
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
