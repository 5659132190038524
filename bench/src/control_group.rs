//! A limit on memory that counts mapped files too: a control group, made by hand where this process may, else a scope of systemd.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the groups of memory stand, and the file of a group that holds its limit: of the one hierarchy (version 2), or of memory's own.
const PLACES: [(&str, &str); 2] =
    [("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")];

/// A group with a limit, removed when it is dropped.
pub(crate) struct ControlGroup {
    folder: PathBuf,
}

impl ControlGroup {
    /// Makes a group whose processes may use so many bytes; `None` where this process may make none.
    pub(crate) fn with_memory(bytes: u64) -> Option<Self> {
        PLACES.iter().find_map(|(place, limit)| Self::at(Path::new(place), limit, bytes))
    }

    fn at(place: &Path, limit: &str, bytes: u64) -> Option<Self> {
        // Both hierarchies name their processes in this file; what has none is no control group.
        place.join("cgroup.procs").try_exists().ok().filter(|exists| *exists)?;
        let folder = place.join(format!("edm-bench-{}", std::process::id()));
        fs::create_dir(&folder).ok()?;
        let group = Self { folder };
        fs::write(group.folder.join(limit), bytes.to_string()).ok()?;
        Some(group)
    }

    /// Returns a command that runs a program in the group.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", "echo $$ > \"$0\" && exec \"$@\""]).arg(self.folder.join("cgroup.procs"));
        command.arg(program);
        command
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        drop(fs::remove_dir(&self.folder));
    }
}

/// Returns a command that runs a program in a scope of systemd with such a limit.
pub(crate) fn systemd_scope(bytes: u64, program: &Path) -> Command {
    let mut command = Command::new("systemd-run");
    command.args(["--scope", "--quiet", "--collect", "-p"]).arg(format!("MemoryMax={bytes}"));
    command.args(["-p", "MemorySwapMax=0"]).arg(program);
    command
}
