//! A server's data directory: its key file, its first token, the service in it.

use std::fs::{self, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use edm_service::{MasterKey, Service, ServiceConfig, ServiceLimits};

use crate::surroundings::{clock, random};

const MASTER_KEY: &str = "master.key";
const ADMIN_TOKEN: &str = "admin-token";
/// What a directory that has been used holds.
const CATALOG: &str = "catalog.db";
/// What the process that works on the directory holds locked.
const LOCK: &str = "lock";

/// Opens the service of an existing directory; makes directory and key at the first start.
pub(crate) async fn open_or_create(folder: &Path, limits: ServiceLimits) -> anyhow::Result<Service> {
    create_private(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    make_key_at_need(folder)?;
    open(folder, limits).await
}

/// Makes the key of a directory that has neither key nor data.
fn make_key_at_need(folder: &Path) -> anyhow::Result<()> {
    let path = folder.join(MASTER_KEY);
    let has_key = || fs::metadata(&path).map(|found| !found.is_file() || found.len() > 0);
    if has_key().unwrap_or(false) {
        return Ok(());
    }
    // Of two first starts at once the second must find the key of the first, not replace it.
    let lock = fs::File::create(folder.join(LOCK)).and_then(|file| file.lock().map(|()| file));
    let _lock = lock.with_context(|| format!("cannot lock {}", folder.display()))?;
    // The key is renamed into place whole; an empty one is what a crash left of an older version, or of a copy.
    let lacks = match has_key() {
        Ok(true) => return Ok(()),
        Ok(false) => "empty",
        Err(error) if error.kind() == io::ErrorKind::NotFound => "missing",
        Err(error) => {
            return Err(anyhow::Error::new(error).context(format!("cannot look at {}", path.display())));
        }
    };
    if folder.join(CATALOG).exists() {
        bail!("{} is {lacks}, and the data cannot be read without it: restore it", path.display());
    }
    let key = MasterKey::generate(&*random());
    write_private(&path, key.to_file_text().as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Opens the service of an existing directory.
pub(crate) async fn open(folder: &Path, limits: ServiceLimits) -> anyhow::Result<Service> {
    let path = folder.join(MASTER_KEY);
    let bytes = fs::read(&path).with_context(|| {
        format!("{} is no data directory: cannot read {}", folder.display(), path.display())
    })?;
    let key = MasterKey::from_file_bytes(&bytes).with_context(|| format!("cannot use {}", path.display()))?;
    close_to_others(folder).with_context(|| {
        format!("cannot keep {} from being read by others: is it owned by this user?", folder.display())
    })?;
    let config = ServiceConfig { limits, ..ServiceConfig::new(folder, key) };
    let service = Service::open(config, clock(), random()).await;
    service.with_context(|| format!("cannot open {}", folder.display()))
}

/// Fails when another server works on the directory, before anything is said or written. The service takes the lock
/// itself when it loads.
pub(crate) fn refuse_in_use(folder: &Path) -> anyhow::Result<()> {
    let lock = fs::File::create(folder.join(LOCK));
    match lock.with_context(|| format!("cannot lock {}", folder.display()))?.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            bail!("{} is in use by another `edm serve`: stop it, or name another folder", folder.display())
        }
        Err(TryLockError::Error(error)) => {
            Err(anyhow::Error::new(error).context(format!("cannot lock {}", folder.display())))
        }
    }
}

/// Makes the first token when there is none at all; returns the file that holds it, where there is one.
pub(crate) async fn bootstrap(service: &Service, folder: &Path) -> anyhow::Result<Option<PathBuf>> {
    let path = folder.join(ADMIN_TOKEN);
    let write = |token: &str| write_private(&path, format!("{token}\n").as_bytes());
    service.bootstrap_admin(write).await.with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path.exists().then_some(path))
}

/// Puts a file that only its owner can read in its place, whole or not at all, and waits until it is on the disk.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    let temporary = PathBuf::from(temporary);
    // What a crash left, if anything.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&temporary, path)?;
    sync_folder_of(path)
}

/// Waits until the name of a file is on the disk as well.
#[cfg(unix)]
fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Other systems cannot open a folder as a file; their rename is kept by the file system's own journal.
#[cfg(not(unix))]
fn sync_folder_of(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Takes everybody's rights but the owner's from what the service keeps in the folder, however it came there. The
/// folder itself may hold other things and be another's, so its own rights stay.
#[cfg(unix)]
fn close_to_others(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // Everything else is below `blobs`, which nobody else can enter then.
    for name in [MASTER_KEY, ADMIN_TOKEN, CATALOG, "catalog.db-wal", "catalog.db-shm", LOCK, "blobs"] {
        let path = folder.join(name);
        let metadata = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            metadata => metadata?,
        };
        let mode = metadata.permissions().mode();
        if !metadata.is_symlink() && mode & 0o077 != 0 {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode & 0o700))?;
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) -> io::Result<()> {
    Ok(())
}

fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_file_is_whole_and_replaces_what_a_crash_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(MASTER_KEY);
        let check = |leftovers: &[(&str, &str)]| {
            for (name, bytes) in leftovers {
                fs::write(folder.path().join(name), bytes).expect("writes");
            }
            write_private(&path, b"whole").expect("writes");
            assert_eq!(fs::read(&path).expect("reads"), b"whole", "{leftovers:?}");
            let names = fs::read_dir(folder.path()).expect("lists").count();
            assert_eq!(names, 1, "no temporary file stays: {leftovers:?}");
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                let mode = fs::metadata(&path).expect("is there").permissions().mode();
                assert_eq!(mode & 0o777, 0o600, "{leftovers:?}");
            }
        };
        check(&[]);
        check(&[(MASTER_KEY, "")]);
        check(&[("master.key.new", "half")]);
    }

    #[tokio::test]
    async fn an_empty_key_is_made_anew_where_there_is_no_data_and_refused_where_there_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let key = folder.path().join(MASTER_KEY);
        fs::write(&key, "").expect("writes");
        let service = open_or_create(folder.path(), ServiceLimits::default()).await.expect("starts");
        service.close().await;
        assert!(!fs::read(&key).expect("reads").is_empty());
        fs::write(&key, "").expect("writes");
        let refused = open_or_create(folder.path(), ServiceLimits::default()).await;
        let told = refused.err().map(|error| format!("{error:#}")).unwrap_or_default();
        assert!(told.contains("is empty, and the data cannot be read without it"), "{told}");
        assert!(fs::read(&key).expect("reads").is_empty(), "the file is left as it was");
    }
}
