//! Whether the catalog can be read, and whether the key is its own: tried on a copy, because SQLite writes beside what it reads.

use std::fs;
use std::path::Path;

use anyhow::Context;
use edm_service::{ErrorKind, MasterKey, Service, ServiceConfig, catalog_is_current};
use tempfile::TempDir;

use super::Check;
use super::directory::{Use, catalog_of};
use crate::data_directory::{CATALOG, CATALOG_LOG};
use crate::surroundings::{clock, random};

/// Bytes of the largest catalog that is copied; one of a million sessions is smaller.
const COPIED_BYTES_MAX: u64 = 512 * 1024 * 1024;

pub(super) async fn check(folder: &Path, key: Option<MasterKey>, in_use: Use) -> Check {
    let Some(catalog) = catalog_of(folder) else {
        let found = format!("{} is missing or empty", folder.join(CATALOG).display());
        return Check::failed(
            "catalog",
            found,
            "restore it from a backup; without a server before, edm serve makes it",
        );
    };
    if in_use == Use::Running {
        return Check::fine("catalog", "in use by the server, whose /readyz tells of it");
    }
    let log = fs::metadata(folder.join(CATALOG_LOG)).map_or(0, |found| found.len());
    if catalog.len().saturating_add(log) > COPIED_BYTES_MAX {
        return Check::warning(
            "catalog",
            "too large to be looked at in a copy",
            "edm verify looks at it where it lies",
        );
    }
    match looked_at(folder, key).await {
        Ok(check) => check,
        Err(error) => {
            Check::failed("catalog", format!("{error:#}"), "is there room in the temporary folder?")
        }
    }
}

async fn looked_at(folder: &Path, key: Option<MasterKey>) -> anyhow::Result<Check> {
    let copy = copied(folder).context("the catalog cannot be copied")?;
    let damaged = |error: edm_service::Error| {
        Check::failed(
            "catalog",
            format!("it cannot be read: {:#}", anyhow::Error::new(error)),
            "restore it from a backup",
        )
    };
    let is_current = match catalog_is_current(copy.path(), clock()).await {
        Ok(is_current) => is_current,
        Err(error) => return Ok(damaged(error)),
    };
    let Some(key) = key else {
        return Ok(Check::fine("catalog", "it can be read; whose key it needs cannot be told without one"));
    };
    match Service::open(ServiceConfig::new(copy.path(), key), clock(), random()).await {
        Ok(service) => service.close().await,
        Err(error) if *error.kind() == ErrorKind::WrongMasterKey => {
            return Ok(Check::failed(
                "catalog",
                error.to_string(),
                "restore the right key, or name its place",
            ));
        }
        Err(error) => return Ok(damaged(error)),
    }
    Ok(match is_current {
        true => Check::fine("catalog", "it can be read, has this version's tables, and the key is its own"),
        false => {
            let found = "it can be read and the key is its own, but another version of edm made its tables";
            Check::warning(
                "catalog",
                found,
                "back it up before this version's server changes them at its start",
            )
        }
    })
}

/// Copies the catalog with what was not yet written into it.
fn copied(folder: &Path) -> std::io::Result<TempDir> {
    let copy = tempfile::Builder::new().prefix("edm-doctor-").tempdir()?;
    fs::copy(folder.join(CATALOG), copy.path().join(CATALOG))?;
    match fs::copy(folder.join(CATALOG_LOG), copy.path().join(CATALOG_LOG)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(copy),
    }
}
