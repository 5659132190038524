//! A server's data directory: its key file, its first token, and opening the service in it.

use std::fs::{self, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use edm_service::{ErrorKind, MasterKey, Service, ServiceConfig, lock_directory};

use crate::host::{clock, random};
use crate::master_key::{KeyArguments, KeySource, MASTER_KEY};

pub(crate) const ADMIN_TOKEN: &str = "admin-token";
/// The catalog, which exists in every used directory.
pub(crate) const CATALOG: &str = "catalog.db";
/// The catalog's write-ahead log.
pub(crate) const CATALOG_LOG: &str = "catalog.db-wal";
/// The lock file, which the process that uses the directory holds.
pub(crate) const LOCK: &str = "lock";
/// Marks an unfinished first start: created before anything else and removed at the end. After a
/// crash, the next start continues. Without the mark, a missing catalog means that it was lost.
const FIRST_START: &str = "first-start";
pub(crate) const BLOBS: &str = "blobs";
/// The entries of the service in the directory. Everything else is in `blobs`, which others cannot
/// enter.
#[cfg(unix)]
pub(crate) const OWN_NAMES: [&str; 7] =
    [MASTER_KEY, ADMIN_TOKEN, CATALOG, CATALOG_LOG, "catalog.db-shm", LOCK, BLOBS];

/// How a server opens its directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// The existing data must be complete.
    Usual,
    /// A lost catalog is replaced by an empty one, without the earlier tables and tokens.
    New,
}

/// Opens the service of a directory; the first start creates directory and key. Refuses a directory
/// with a lost catalog, except with `Start::New`.
pub(crate) async fn open_or_create(
    folder: &Path,
    key: &KeySource,
    start: Start,
    config: impl FnOnce(MasterKey) -> ServiceConfig,
) -> anyhow::Result<Service> {
    create_private(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    begin_at_need(folder, key, start).await?;
    open_with(folder, key, config).await
}

/// Marks a first start. Refuses to treat a directory with a lost catalog as a new one.
async fn begin_at_need(folder: &Path, key: &KeySource, start: Start) -> anyhow::Result<()> {
    let marker = folder.join(FIRST_START);
    let catalog = folder.join(CATALOG);
    let has_catalog = || {
        let size = size_of(&catalog).with_context(|| format!("cannot look at {}", catalog.display()));
        size.map(|bytes| bytes > 0)
    };
    if has_catalog()? && start == Start::New {
        bail!("{} has a catalog, so --new would begin nothing: leave it out", folder.display());
    }
    if !has_catalog()? && !marker.exists() {
        // Two first starts may run at once. The second must find the files of the first instead of
        // marking another first start.
        let _lock = lock_alone(folder).await?;
        // Check again under the lock.
        if !has_catalog()? {
            if start == Start::Usual {
                refuse_lost(folder, &catalog)?;
            }
            write_private(&marker, b"").with_context(|| format!("cannot write {}", marker.display()))?;
        }
    }
    make_key_at_need(folder, key)
}

/// Returns the entries that only a server with a catalog leaves.
fn left_of_a_server(folder: &Path) -> Vec<&'static str> {
    let left =
        [MASTER_KEY, BLOBS, ADMIN_TOKEN].into_iter().filter(|name| holds_something(&folder.join(name)));
    left.collect()
}

/// Fails if such entries exist without a catalog.
fn refuse_lost(folder: &Path, catalog: &Path) -> anyhow::Result<()> {
    let beside = left_of_a_server(folder);
    if beside.is_empty() {
        return Ok(());
    }
    bail!(
        "{} is lost or empty, and the directory has files of a server that had one ({}): restore it from a backup. To \
         start again, without the earlier tables, sessions and tokens, say --new",
        catalog.display(),
        beside.join(", ")
    )
}

/// Returns whether a file is not empty, or a folder has entries.
fn holds_something(path: &Path) -> bool {
    match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => fs::metadata(path).is_ok_and(|found| found.len() > 0),
    }
}

/// Creates the key of a directory without key and data, if the key comes from a file that may be
/// created.
fn make_key_at_need(folder: &Path, key: &KeySource) -> anyhow::Result<()> {
    let Some(path) = key.own_file() else { return Ok(()) };
    // A device or pipe counts as a key, so that it is never overwritten.
    let has_key = || fs::metadata(path).map(|found| !found.is_file() || found.len() > 0);
    if has_key().unwrap_or(false) {
        return Ok(());
    }
    // Two first starts may run at once. The second must find the key of the first instead of
    // replacing it.
    let lock = fs::File::create(folder.join(LOCK)).and_then(|file| file.lock().map(|()| file));
    let _lock = lock.with_context(|| format!("cannot lock {}", folder.display()))?;
    // A key is renamed into place as a whole. An empty file is left from a crash of an older
    // version, or from an interrupted copy.
    let lacks = match has_key() {
        Ok(true) => return Ok(()),
        Ok(false) => "empty",
        Err(error) if error.kind() == io::ErrorKind::NotFound => "missing",
        Err(error) => {
            return Err(anyhow::Error::new(error).context(format!("cannot look at {}", path.display())));
        }
    };
    if folder.join(CATALOG).exists() {
        bail!(
            "{} is {lacks}, and the data cannot be read without it: restore it, or say where it is (--master-key-file, \
             EDM_MASTER_KEY or the credential edm-master-key)",
            path.display()
        );
    }
    let made = MasterKey::generate(&*random());
    write_private(path, made.to_file_text().as_bytes()).with_context(|| {
        format!("cannot write the master key to {}: is there such a folder?", path.display())
    })
}

/// Opens the service of an existing directory for a command. The catalog must exist.
pub(crate) async fn open(folder: &Path, key: &KeyArguments) -> anyhow::Result<Service> {
    let key = key.source(folder)?;
    let catalog = folder.join(CATALOG);
    let size = size_of(&catalog).with_context(|| {
        format!("cannot look at {}: run this as the server's user, or as root", catalog.display())
    })?;
    if size == 0 {
        if left_of_a_server(folder).is_empty() {
            bail!("{} is no data directory: it has no {CATALOG}", folder.display());
        }
        bail!("{} is lost or empty: restore it from a backup, or start the server", catalog.display());
    }
    let service = open_with(folder, &key, |key| ServiceConfig::new(folder, key)).await?;
    // Only after the key was found to be right; the one in the directory might be the right one.
    if let Some(warning) = key.left_beside_the_data(folder) {
        eprintln!("edm: {warning}");
    }
    Ok(service)
}

/// Returns the size of a file, and 0 if it does not exist. Fails if that is unknown, for example in
/// another user's folder.
pub(crate) fn size_of(path: &Path) -> io::Result<u64> {
    match fs::metadata(path) {
        Ok(found) => Ok(found.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

/// Fails if a used directory has lost its blob folder.
pub(crate) fn refuse_without_blobs(folder: &Path) -> anyhow::Result<()> {
    let blobs = folder.join(BLOBS);
    if folder.join(CATALOG).exists() && !blobs.exists() {
        bail!(
            "{} is missing, and a repair would forget what belongs there: mount its volume, or restore it from a backup",
            blobs.display()
        );
    }
    Ok(())
}

async fn open_with(
    folder: &Path,
    source: &KeySource,
    config: impl FnOnce(MasterKey) -> ServiceConfig,
) -> anyhow::Result<Service> {
    let key = source.read().with_context(|| {
        let folder = folder.display();
        format!(
            "the data in {folder} needs its key: name its place with --master-key-file, EDM_MASTER_KEY or the credential \
             edm-master-key"
        )
    })?;
    close_to_others(folder).with_context(|| {
        format!("cannot keep {} from being read by others: is it owned by this user?", folder.display())
    })?;
    Service::open(config(key), clock(), random()).await.map_err(|error| {
        let folder = folder.display();
        // Only a wrong key makes its place part of the cause.
        let context = match error.kind() {
            ErrorKind::WrongMasterKey => format!("cannot open {folder} with the key of {source}"),
            _ => format!("cannot open {folder}"),
        };
        anyhow::Error::new(error).context(context)
    })
}

/// Fails if another server uses the directory, before anything is printed or written. The service
/// itself takes the lock when it loads.
pub(crate) async fn refuse_in_use(folder: &Path) -> anyhow::Result<()> {
    lock_alone(folder).await.map(drop)
}

/// Locks the directory. Fails at once if another server has the lock.
async fn lock_alone(folder: &Path) -> anyhow::Result<fs::File> {
    match lock_directory(folder).await {
        Ok(lock) => Ok(lock),
        Err(TryLockError::WouldBlock) => bail!(
            "{} is in use by another `edm serve`, or by `edm verify`: stop it, or name another folder",
            folder.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(anyhow::Error::new(error).context(format!("cannot lock {}", folder.display())))
        }
    }
}

/// Creates the first token if there is none; returns the file with it, if there is one.
pub(crate) async fn bootstrap(service: &Service, folder: &Path) -> anyhow::Result<Option<PathBuf>> {
    let path = folder.join(ADMIN_TOKEN);
    let write = |token: &str| write_private(&path, format!("{token}\n").as_bytes());
    service.bootstrap_admin(write).await.with_context(|| format!("cannot write {}", path.display()))?;
    // Key, catalog and token exist now, so anything missing from here on is lost.
    match fs::remove_file(folder.join(FIRST_START)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(anyhow::Error::new(error).context("cannot end the first start"));
        }
        _ => {}
    }
    Ok(path.exists().then_some(path))
}

/// Writes a file that only its owner can read, atomically, and syncs it to the disk.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    let temporary = PathBuf::from(temporary);
    // Left from a crash, if it exists.
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
    // After the sync, so that a crash leaves the old file or the complete new one.
    fs::rename(&temporary, path)?;
    sync_folder_of(path)
}

/// Syncs the directory entry of a file.
#[cfg(unix)]
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        // A bare file name is in the current directory.
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return Ok(()),
    };
    fs::File::open(folder)?.sync_all()
}

/// Other systems cannot open a folder as a file; their file systems journal a rename.
#[cfg(not(unix))]
fn sync_folder_of(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Removes all permissions of group and others from the service's files in the directory. The
/// directory itself may contain other files and belong to someone else, so its permissions stay.
#[cfg(unix)]
fn close_to_others(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    for name in OWN_NAMES {
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

    /// `--master-key-file m.key` once failed at a first start, because the parent of a bare name is
    /// the empty path.
    #[test]
    fn a_bare_name_lies_in_the_folder_of_the_process() {
        let path = Path::new("a-bare-name-lies-here.key");
        let written = write_private(path, b"whole");
        fs::remove_file(path).expect("it was written");
        written.expect("writes");
    }

    #[tokio::test]
    async fn an_empty_key_is_made_anew_where_there_is_no_data_and_refused_where_there_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let key = folder.path().join(MASTER_KEY);
        fs::write(&key, "").expect("writes");
        let source = KeySource::beside(folder.path());
        let start = || {
            open_or_create(folder.path(), &source, Start::Usual, |key| ServiceConfig::new(folder.path(), key))
        };
        let service = start().await.expect("starts");
        service.close().await;
        assert!(!fs::read(&key).expect("reads").is_empty());
        fs::write(&key, "").expect("writes");
        let refused = start().await;
        let message = refused.err().map(|error| format!("{error:#}")).unwrap_or_default();
        assert!(message.contains("is empty, and the data cannot be read without it"), "{message}");
        assert!(fs::read(&key).expect("reads").is_empty(), "the file is left as it was");
    }

    /// A server once treated a directory with a lost catalog as a new one. It forgot every table
    /// and overwrote the old token, and `/readyz` reported ready.
    #[tokio::test]
    async fn a_lost_catalog_is_not_a_new_one() {
        let check = async |lost: &[&str], start: Start, refused: Option<&str>| {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path();
            let source = KeySource::beside(path);
            let open = || open_or_create(path, &source, start, |key| ServiceConfig::new(path, key));
            let first = open_or_create(path, &source, Start::Usual, |key| ServiceConfig::new(path, key));
            let first = first.await.expect("starts");
            bootstrap(&first, path).await.expect("makes a token");
            first.close().await;
            assert!(!path.join(FIRST_START).exists(), "the first start is over");
            for name in lost {
                let path = path.join(name);
                match path.is_dir() {
                    true => fs::remove_dir_all(path).expect("removes"),
                    false => fs::remove_file(path).expect("removes"),
                }
            }
            match (open().await, refused) {
                (Ok(service), None) => service.close().await,
                (Err(error), Some(words)) => assert!(format!("{error:#}").contains(words), "{error:#}"),
                (Ok(_), Some(words)) => panic!("{lost:?}, {start:?}: opened, not refused with {words}"),
                (Err(error), None) => panic!("{lost:?}, {start:?}: {error:#}"),
            }
        };
        check(&[], Start::Usual, None).await;
        check(&[], Start::New, Some("--new would begin nothing")).await;
        check(&[CATALOG], Start::Usual, Some("say --new")).await;
        check(&[CATALOG, ADMIN_TOKEN], Start::Usual, Some("say --new")).await;
        check(&[CATALOG, MASTER_KEY], Start::Usual, Some("say --new")).await;
        check(&[CATALOG], Start::New, None).await;
        check(&[CATALOG, MASTER_KEY, ADMIN_TOKEN], Start::Usual, None).await;
        check(&[MASTER_KEY], Start::Usual, Some("the data cannot be read without it")).await;
    }

    /// The next start continues from whatever a killed first start left.
    #[tokio::test]
    async fn a_first_start_that_crashed_is_gone_on_with() {
        let check = async |made: &[&str]| {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path();
            let source = KeySource::beside(path);
            begin_at_need(path, &source, Start::Usual).await.expect("begins");
            for name in made {
                fs::write(path.join(name), "").expect("writes");
            }
            let again = open_or_create(path, &source, Start::Usual, |key| ServiceConfig::new(path, key));
            let again = again.await.expect("goes on");
            assert!(bootstrap(&again, path).await.expect("makes a token").is_some());
            again.close().await;
        };
        check(&[]).await;
        check(&[CATALOG]).await;
        check(&["admin-token.new"]).await;
    }

    /// A separate key file is created at the first start only, and never overwrites a file that may
    /// be a key.
    #[tokio::test]
    async fn a_key_apart_is_made_once_and_where_it_was_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let (data, apart) = (folder.path().join("data"), folder.path().join("apart.key"));
        let start = async |source: &KeySource| {
            let opened =
                open_or_create(&data, source, Start::Usual, |key| ServiceConfig::new(&data, key)).await;
            match opened {
                Ok(service) => {
                    service.close().await;
                    Ok(())
                }
                Err(error) => Err(format!("{error:#}")),
            }
        };
        let nowhere = KeySource::File(folder.path().join("none/apart.key"));
        let message = start(&nowhere).await.expect_err("there is no folder");
        assert!(message.contains("is there such a folder?"), "{message}");
        // The next start continues from what the failed one left.
        let source = KeySource::File(apart.clone());
        start(&source).await.expect("starts");
        assert!(!data.join(MASTER_KEY).exists(), "nothing lies beside the data");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&apart).expect("is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let text = fs::read(&apart).expect("reads");
        start(&source).await.expect("starts again");
        start(&KeySource::Environment(text.clone().into())).await.expect("the same key");
        start(&KeySource::Credential(apart.clone())).await.expect("the same key");
        assert_eq!(fs::read(&apart).expect("reads"), text);
        // No key is created next to existing data.
        for (wrong, part) in [
            (KeySource::beside(&data), "the data cannot be read without it"),
            (KeySource::File(folder.path().join("typo.key")), "the data cannot be read without it"),
            (KeySource::Environment(b"12".to_vec().into()), "64 hexadecimal digits"),
            (KeySource::Credential(folder.path().join("gone")), "cannot read"),
            (KeySource::Environment("ab".repeat(32).into_bytes().into()), "is not the one that this data"),
        ] {
            let message = start(&wrong).await.expect_err(part);
            assert!(message.contains(part), "{wrong:?}: {message}");
        }
        assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 2, "no other key was made");
    }
}
