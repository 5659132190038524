//! Small files that are read as a whole: settings, keys, tokens.

use std::fs::{File, metadata};
use std::io;
use std::path::Path;

/// Opens a regular file. Opening a pipe would block until another process writes to it, and the
/// server could neither reload nor stop.
///
/// # Errors
/// The file is not regular, or cannot be opened.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let found = metadata(path)?;
    if found.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    File::open(path)
}

/// Opens a regular file, or an already open pipe that a shell passes (`<(…)`, `/dev/stdin`), which
/// has a writer.
///
/// # Errors
/// It is neither, or cannot be opened.
#[cfg(feature = "agent")]
pub(crate) fn open_regular_or_handed(path: &Path) -> io::Result<File> {
    match path.starts_with("/dev") || path.starts_with("/proc") {
        true => File::open(path),
        false => open_regular(path),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// A key file that was replaced by a pipe once blocked all later reloads and the shutdown.
    #[test]
    fn a_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, kind, rustix::fs::Mode::RUSR, 0).expect("is made");
        let refused = open_regular(&pipe).expect_err("it is a pipe");
        assert!(refused.to_string().contains("no regular file"), "{refused}");
        assert!(open_regular(folder.path()).is_err());
    }
}
