//! The catalog is opened, brought to this version, and checked against the master key.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use edm_store::{Catalog, CatalogClock, CatalogOptions, Schema};

use crate::data_directory::{DataDirectory, catalog_file};
use crate::deps::{Clock, Random};
use crate::error::{Error, ErrorKind};
use crate::secrets::key_ring::{KeyRing, Purpose};

const MASTER_KEY_CHECK: &str = "master-key-check";
const CHECK_TEXT: &[u8] = b"the right master key";

/// Opens the catalog of a data directory and brings its tables to this version.
pub(crate) async fn open_catalog(
    directory: &DataDirectory,
    clock: Arc<dyn Clock>,
    list_time_max: Duration,
) -> Result<Catalog, Error> {
    let mut options = CatalogOptions::new(CatalogClock::new(move || clock.now()));
    options.list_time_max = list_time_max;
    let catalog = Catalog::open(&directory.catalog_file(), options).await?;
    migrate_alone(&catalog, directory).await?;
    Ok(catalog)
}

/// Brings the catalog's tables to this version while the directory is locked. A running server
/// reads the tables as they are, so a second process opens only a catalog of its own version.
async fn migrate_alone(catalog: &Catalog, directory: &DataDirectory) -> Result<(), Error> {
    match catalog.schema().await? {
        Schema::Current => return Ok(()),
        Schema::Unreadable => return Err(unreadable_version()),
        Schema::Other => {}
    }
    let _lock = directory.take_for_now().await.map_err(|error| other_version().because(error))?;
    Ok(catalog.migrate().await?)
}

/// Fails unless the catalog has the tables of this version.
pub(crate) async fn require_current(catalog: &Catalog) -> Result<(), Error> {
    match catalog.schema().await? {
        Schema::Current => Ok(()),
        Schema::Unreadable => Err(unreadable_version()),
        Schema::Other => Err(other_version()),
    }
}

/// Returns whether the catalog of a data directory has the tables of this version. Only reads, but
/// SQLite writes files beside what it reads: use it on a copy.
pub async fn catalog_is_current(data_dir: &Path, clock: Arc<dyn Clock>) -> Result<bool, Error> {
    let options = CatalogOptions::new(CatalogClock::new(move || clock.now()));
    let catalog = Catalog::open(&catalog_file(data_dir), options).await?;
    let schema = catalog.schema().await;
    catalog.close().await;
    Ok(schema? == Schema::Current)
}

fn unreadable_version() -> Error {
    let message = "the data directory is of a version whose tables this one cannot read: start with a new data \
                   directory, and upload the tables again";
    Error::with_message(ErrorKind::DataDirectory, message)
}

fn other_version() -> Error {
    let message = "the data directory is in use by a server of another version: stop the server first, or use the \
                   program of its version";
    Error::with_message(ErrorKind::DataDirectory, message)
}

/// Fails with `WrongMasterKey` unless the catalog's secrets are encrypted under this key. Checked
/// at the start: otherwise a wrong key would encrypt new secrets until the first salt is read.
pub(crate) async fn check_master_key(
    catalog: &Catalog,
    keys: &KeyRing,
    random: &dyn Random,
) -> Result<(), Error> {
    let sealed = keys.seal(Purpose::Check, b"", CHECK_TEXT, random);
    catalog.set_once(MASTER_KEY_CHECK, &sealed).await?;
    let stored = catalog.setting(MASTER_KEY_CHECK).await?.ok_or_else(|| Error::of(ErrorKind::Corrupt))?;
    keys.open(Purpose::Check, b"", &stored).map(drop)
}
