//! A memory limit that includes mapped files: a control group, made directly if this process may,
//! or else a systemd scope.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The mount points of memory control groups and the file with a group's limit: for the unified
/// hierarchy (version 2), and for the separate memory hierarchy.
const PLACES: [(&str, &str); 2] =
    [("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")];

/// A group with a limit, removed on drop.
pub(crate) struct ControlGroup {
    folder: PathBuf,
}

impl ControlGroup {
    /// Makes a group whose processes may use this many bytes; `None` if this process is not
    /// permitted to.
    pub(crate) fn with_memory(bytes: u64) -> Option<Self> {
        PLACES.iter().find_map(|(place, limit)| Self::at(Path::new(place), limit, bytes))
    }

    fn at(place: &Path, limit: &str, bytes: u64) -> Option<Self> {
        // Both hierarchies list processes in this file. Without it, this is not a control group.
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

/// Returns a command that runs a program in a systemd scope with such a limit.
pub(crate) fn systemd_scope(bytes: u64, program: &Path) -> Command {
    let mut command = Command::new("systemd-run");
    command.args(["--scope", "--quiet", "--collect", "-p"]).arg(format!("MemoryMax={bytes}"));
    command.args(["-p", "MemorySwapMax=0"]).arg(program);
    command
}
