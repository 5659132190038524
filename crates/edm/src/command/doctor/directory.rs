//! Checks of a data directory that do not modify it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use super::{Check, Use, catalog};
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

pub(super) async fn checks(folder: &Path, key: &KeyArguments) -> Vec<Check> {
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => {
            let found = format!("{} is no folder", folder.display());
            return vec![Check::failed("directory", found, "name the folder that the server runs on")];
        }
        Err(error) => return vec![not_seen(folder, &error)],
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

/// Fails for a directory that cannot be examined. It may exist if a folder above it cannot be
/// entered.
fn not_seen(folder: &Path, error: &io::Error) -> Check {
    let advice = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "a folder above it cannot be entered by this user: run this as the server's user, or as root"
        }
        io::ErrorKind::NotFound => "name it right, or let edm serve make it",
        io::ErrorKind::NotADirectory => "a part of its path is no folder: name it right",
        _ => "look at the disk that it lies on",
    };
    Check::failed("directory", format!("{}: {error}", folder.display()), advice)
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
    use std::os::unix::fs::MetadataExt;

    use rustix::fs::Access;

    use crate::data_directory::{BLOBS, CATALOG, CATALOG_LOG};
    let (file, directory) = (Access::WRITE_OK, Access::WRITE_OK | Access::EXEC_OK);
    let own = [(BLOBS, directory), (CATALOG, file), (CATALOG_LOG, file), (LOCK, file)];
    let own = own.map(|(name, access)| (folder.join(name), access));
    let refused = |(path, access): (std::path::PathBuf, Access)| match rustix::fs::access(&path, access) {
        // The server creates what is missing, or another check reports it.
        Ok(()) | Err(rustix::io::Errno::NOENT) => None,
        Err(error) => Some((path, error)),
    };
    let (path, error) = [(folder.to_owned(), directory)].into_iter().chain(own).find_map(refused)?;
    let is_own = fs::metadata(&path).is_ok_and(|found| found.uid() == rustix::process::geteuid().as_raw());
    Some(not_written(&path, error, is_own))
}

/// Returns why something cannot be written. `is_own` means that this user owns it and only lacks
/// the permission.
#[cfg(unix)]
fn not_written(path: &Path, error: rustix::io::Errno, is_own: bool) -> Check {
    let name = path.display();
    if error == rustix::io::Errno::ROFS {
        let found = format!("{name} lies on a volume that can only be read");
        return Check::failed("writing", found, "mount it for writing");
    }
    let advice = match is_own {
        true => format!("give its owner the right to write: chmod u+rwX {name}"),
        false => "run this as the server's user; if it is that, give it the folder: chown -R".to_owned(),
    };
    Check::failed("writing", format!("this user cannot write {name}: {error}"), advice)
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

/// Fails if a file of the server and the folder have different owners, since the server may not be
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
            format!("whether a server uses {} is unknown", folder.display()),
            "run this as the server's user, and keep the directory on a disk that has locks",
        ),
    }
}

fn space(folder: &Path) -> Check {
    let free = match free_bytes(folder) {
        Ok(free) => free,
        Err(error) => return Check::warning("space", format!("unknown: {error}"), "check it with df"),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// An owner without write permission was once advised to become the owner.
    #[cfg(unix)]
    #[test]
    fn what_cannot_be_written_has_its_own_advice() {
        use rustix::io::Errno;
        let check = |error: Errno, is_own: bool, part: &str| {
            let advice = not_written(Path::new("data"), error, is_own).advice.expect("an advice");
            assert!(advice.contains(part), "{error} {is_own}: {advice}");
        };
        check(Errno::ROFS, true, "mount it");
        check(Errno::ACCESS, true, "chmod u+rwX data");
        check(Errno::ACCESS, false, "chown -R");
    }

    /// If the parent could not be entered, the advice was once to create the directory.
    #[test]
    fn a_directory_that_is_not_seen_may_be_there() {
        let check = |kind: io::ErrorKind, part: &str| {
            let advice = not_seen(Path::new("data"), &kind.into()).advice.expect("an advice");
            assert!(advice.contains(part), "{kind:?}: {advice}");
        };
        check(io::ErrorKind::PermissionDenied, "as the server's user");
        check(io::ErrorKind::NotFound, "let edm serve make it");
        check(io::ErrorKind::NotADirectory, "no folder");
        check(io::ErrorKind::TimedOut, "the disk");
    }
}
