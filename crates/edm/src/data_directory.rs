//! A server's data directory: its key file, its first token, the service in it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use edm_service::{MasterKey, Service, ServiceConfig, ServiceLimits};

use crate::surroundings::{clock, random};

const MASTER_KEY: &str = "master.key";
const ADMIN_TOKEN: &str = "admin-token";
/// What a directory that has been used holds.
const CATALOG: &str = "catalog.db";

/// Opens the service of an existing directory; makes directory and key at the first start.
pub(crate) async fn open_or_create(folder: &Path, limits: ServiceLimits) -> anyhow::Result<Service> {
    create_private(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let key_path = folder.join(MASTER_KEY);
    if !key_path.exists() {
        if folder.join(CATALOG).exists() {
            bail!("{} is missing, and the data cannot be read without it: restore it", key_path.display());
        }
        let key = MasterKey::generate(&*random());
        write_private(&key_path, key.to_file_text().as_bytes())
            .with_context(|| format!("cannot write {}", key_path.display()))?;
    }
    open(folder, limits).await
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

/// Makes the first token when there is none at all; returns the file that holds it, where there is one.
pub(crate) async fn bootstrap(service: &Service, folder: &Path) -> anyhow::Result<Option<PathBuf>> {
    let path = folder.join(ADMIN_TOKEN);
    let write = |token: &str| {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        write_private(&path, format!("{token}\n").as_bytes())
    };
    service.bootstrap_admin(write).await.with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path.exists().then_some(path))
}

/// Writes a new file that only its owner can read, and waits until it is on the disk.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Takes everybody's rights but the owner's from what the service keeps in the folder, however it came there. The
/// folder itself may hold other things and be another's, so its own rights stay.
#[cfg(unix)]
fn close_to_others(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // Everything else is below `blobs`, which nobody else can enter then.
    for name in [MASTER_KEY, ADMIN_TOKEN, CATALOG, "catalog.db-wal", "catalog.db-shm", "lock", "blobs"] {
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
