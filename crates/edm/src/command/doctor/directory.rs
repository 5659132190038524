//! Checks of a data directory that do not modify it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use super::{Check, catalog};
use crate::data_directory::{ADMIN_TOKEN, LOCK};
use crate::host::free_bytes;
use crate::master_key::{KeyArguments, KeySource};

const MEBIBYTE: u64 = 1024 * 1024;
/// With less free space, an upload will fail soon, and the catalog cannot be written for long.
const FREE_BYTES_FAILED: u64 = 64 * MEBIBYTE;
/// With less free space, an operator should act.
const FREE_BYTES_WARNING: u64 = 1024 * MEBIBYTE;

/// The maximum number of files and folders whose owner is checked. The same server created the
/// others.
#[cfg(unix)]
const ENTRIES_MAX: usize = 100_000;

/// Whether a server uses a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Running,
    Free,
    /// Unknown.
    Unknown,
}

pub(super) async fn checks(folder: &Path, key: &KeyArguments) -> Vec<Check> {
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => {
            let found = format!("{} is no folder", folder.display());
            return vec![Check::failed("directory", found, "name the folder that the server runs on")];
        }
        Err(error) => {
            let found = format!("{}: {error}", folder.display());
            return vec![Check::failed("directory", found, "name it right, or let edm serve make it")];
        }
    }
    let in_use = use_of(folder);
    let mut checks = vec![rights(folder), running(folder, in_use), space(folder)];
    checks.extend(writing(folder));
    checks.extend(owners(folder));
    match key.source(folder) {
        Ok(source) => {
            let (key, read) = key_check(folder, &source);
            checks.push(key);
            checks.extend(catalog::checks(folder, read, in_use).await);
        }
        Err(error) => checks.push(Check::failed("key", error.to_string(), "leave one of them out")),
    }
    checks.extend(first_token(folder));
    checks
}

/// Fails if users other than the owner can read private files.
#[cfg(unix)]
fn rights(folder: &Path) -> Check {
    use std::os::unix::fs::PermissionsExt;

    use crate::data_directory::OWN_NAMES;
    let mode = |path: &Path| fs::symlink_metadata(path).ok().filter(|found| !found.is_symlink());
    let is_open = |path: &Path| mode(path).is_some_and(|found| found.permissions().mode() & 0o077 != 0);
    let open: Vec<&str> = OWN_NAMES.into_iter().filter(|name| is_open(&folder.join(name))).collect();
    if !open.is_empty() {
        let found = format!("others can read in {}: {}", folder.display(), open.join(", "));
        return Check::failed("directory", found, "chmod -R go= it; a start of the server does the same");
    }
    match is_open(folder) {
        true => {
            let found = format!("others can list {}, and read nothing in it", folder.display());
            Check::warning("directory", found, format!("chmod 700 {}", folder.display()))
        }
        false => Check::fine("directory", format!("{} is its owner's alone", folder.display())),
    }
}

/// Other systems have no such permissions.
#[cfg(not(unix))]
fn rights(folder: &Path) -> Check {
    Check::fine("directory", format!("{} is there", folder.display()))
}

/// Fails if the server could not write.
#[cfg(unix)]
fn writing(folder: &Path) -> Option<Check> {
    use rustix::fs::Access;
    let error = rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK).err()?;
    let name = folder.display();
    Some(match error {
        rustix::io::Errno::ROFS => Check::failed(
            "writing",
            format!("{name} lies on a volume that can only be read"),
            "mount it for writing",
        ),
        error => Check::failed(
            "writing",
            format!("this user cannot write in {name}: {error}"),
            "run this as the server's user; if it is that, give it the folder: chown -R",
        ),
    })
}

/// Not checked on other systems.
#[cfg(not(unix))]
fn writing(_: &Path) -> Option<Check> {
    None
}

#[cfg(unix)]
fn is_own(name: &std::ffi::OsStr) -> bool {
    crate::data_directory::OWN_NAMES.iter().any(|own| name == std::ffi::OsStr::new(own))
}

/// Fails if a file of the server has another owner than the folder, since the server may not be
/// able to write it.
#[cfg(unix)]
fn owners(folder: &Path) -> Option<Check> {
    use std::os::unix::fs::MetadataExt;
    let owner = fs::metadata(folder).ok()?.uid();
    let (top, mut folders) = (folder, vec![folder.to_owned()]);
    let mut looked_at = 0;
    while let Some(folder) = folders.pop() {
        // Other checks report folders that cannot be listed.
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            // Other programs may store files there: a volume has its lost+found.
            if folder == top && !is_own(&entry.file_name()) {
                continue;
            }
            looked_at += 1;
            if looked_at > ENTRIES_MAX {
                return None;
            }
            let Ok(found) = entry.metadata() else { continue };
            if found.uid() != owner {
                let path = entry.path();
                let found = format!(
                    "{} is of the user {}, the data directory of {owner}",
                    path.display(),
                    found.uid()
                );
                return Some(Check::failed("owners", found, format!("chown -R {owner} the data directory")));
            }
            if found.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    None
}

/// Other systems have no such owners.
#[cfg(not(unix))]
fn owners(_: &Path) -> Option<Check> {
    None
}

fn use_of(folder: &Path) -> Use {
    // Opened read-only and not created if it is missing.
    let file = match File::open(folder.join(LOCK)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Use::Free,
        Err(_) => return Use::Unknown,
    };
    match file.try_lock_shared() {
        Ok(()) => Use::Free,
        Err(TryLockError::WouldBlock) => Use::Running,
        Err(TryLockError::Error(_)) => Use::Unknown,
    }
}

fn running(folder: &Path, in_use: Use) -> Check {
    match in_use {
        Use::Running => Check::fine("lock", "a server works on the directory"),
        Use::Free => Check::fine("lock", "no server works on the directory"),
        Use::Unknown => Check::warning(
            "lock",
            format!("it cannot be told whether a server works on {}", folder.display()),
            "run this as the server's user, and keep the directory on a disk that has locks",
        ),
    }
}

fn space(folder: &Path) -> Check {
    let free = match free_bytes(folder) {
        Ok(free) => free,
        Err(error) => return Check::warning("space", format!("cannot be told: {error}"), "look by df"),
    };
    let found = format!("{} MiB are free", free / MEBIBYTE);
    if free < FREE_BYTES_FAILED {
        return Check::failed("space", found, "make room: nothing can be written soon");
    }
    if free < FREE_BYTES_WARNING {
        return Check::warning(
            "space",
            found,
            "make room: an upload needs some, and each table is kept twice",
        );
    }
    Check::fine("space", found)
}

/// Returns the check of the key, and the key if it can be read.
fn key_check(folder: &Path, source: &KeySource) -> (Check, Option<edm_service::MasterKey>) {
    let key = match source.read() {
        Ok(key) => key,
        Err(error) => {
            let of_the_system = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
            let advice = match of_the_system.map(io::Error::kind) {
                Some(io::ErrorKind::PermissionDenied) => "run this as the server's user, or as root",
                _ => {
                    "restore it, or name its place: --master-key-file, EDM_MASTER_KEY or systemd's credential"
                }
            };
            return (Check::failed("key", format!("{error:#}"), advice), None);
        }
    };
    let warnings =
        [source.beside_the_data(folder), source.left_beside_the_data(folder), source.open_to_others()];
    let warnings: Vec<String> = warnings.into_iter().flatten().collect();
    let check = match warnings.is_empty() {
        true => Check::fine("key", format!("read from {source}, apart from the data")),
        false => {
            let advice = "docs/operations/data-directory.md says how to move it";
            Check::warning("key", warnings.join("; "), advice)
        }
    };
    (check, Some(key))
}

fn first_token(folder: &Path) -> Option<Check> {
    let path = folder.join(ADMIN_TOKEN);
    path.exists().then(|| {
        let found = format!("the first start's token still lies in {}", path.display());
        Check::warning(
            "admin-token",
            found,
            "make your own with edm token create, revoke this one, remove the file",
        )
    })
}
