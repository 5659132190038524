//! Checks whether the catalog can be read and the key fits. It uses a copy, because SQLite writes
//! files next to the database even when it only reads.

use std::fs;
use std::io::{ErrorKind as ErrorOfFile, Read, Write};
use std::path::Path;

use anyhow::Context;
use edm_model::{Principal, TenantId};
use edm_service::{ErrorKind, MasterKey, Service, ServiceConfig, catalog_is_current};
use tempfile::TempDir;

use super::{Check, Use};
use crate::command::token::lets_in_an_admin;
use crate::data_directory::{BLOBS, CATALOG, CATALOG_LOG, size_of};
use crate::host::{clock, now, random};

/// The maximum size of a catalog to copy, in bytes. One with a million sessions is smaller.
const COPIED_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// The bytes that are copied between two checks for a signal.
const PIECE_BYTES: u64 = 1024 * 1024;

pub(super) async fn checks(folder: &Path, key: Option<MasterKey>, in_use: Use) -> Vec<Check> {
    let catalog = match size_of(&folder.join(CATALOG)) {
        Ok(0) => {
            let found = format!("{} is missing or empty", folder.join(CATALOG).display());
            return vec![Check::failed(
                "catalog",
                found,
                "restore it from a backup; without a server before, edm serve makes it",
            )];
        }
        Ok(bytes) => bytes,
        Err(error) => return vec![not_looked_at(folder, &error)],
    };
    if in_use == Use::Running {
        return vec![Check::fine("catalog", "in use by the server, whose /readyz tells of it")];
    }
    let log = size_of(&folder.join(CATALOG_LOG)).unwrap_or(0);
    if catalog.saturating_add(log) > COPIED_BYTES_MAX {
        return vec![Check::warning(
            "catalog",
            "too large to be looked at in a copy",
            "edm verify looks at it where it lies",
        )];
    }
    for name in [CATALOG, CATALOG_LOG] {
        match fs::File::open(folder.join(name)) {
            Err(error) if error.kind() != ErrorOfFile::NotFound => {
                return vec![not_looked_at(folder, &error)];
            }
            _ => {}
        }
    }
    looked_at(folder, key).await.unwrap_or_else(|error| {
        vec![Check::failed("catalog", format!("{error:#}"), "is there room in the temporary folder?")]
    })
}

/// Reports that the catalog was not checked, because the user may not read it. It may be sound.
fn not_looked_at(folder: &Path, error: &std::io::Error) -> Check {
    let found = format!("{} cannot be looked at: {error}", folder.join(CATALOG).display());
    let advice = match error.kind() {
        ErrorOfFile::PermissionDenied => "run this as the server's user, or as root",
        _ => "look at the disk that it lies on",
    };
    Check::failed("catalog", found, advice)
}

async fn looked_at(folder: &Path, key: Option<MasterKey>) -> anyhow::Result<Vec<Check>> {
    let copy = copied(folder).await.context("the catalog cannot be copied")?;
    let damaged = |error: edm_service::Error| {
        Check::failed(
            "catalog",
            format!("it cannot be read: {:#}", anyhow::Error::new(error)),
            "restore it from a backup",
        )
    };
    let is_current = match catalog_is_current(copy.path(), clock()).await {
        Ok(is_current) => is_current,
        Err(error) => return Ok(vec![damaged(error)]),
    };
    let Some(key) = key else {
        let found = "it can be read; whose key it needs cannot be told without one";
        return Ok(vec![Check::fine("catalog", found)]);
    };
    let mut checks = Vec::new();
    match Service::open(ServiceConfig::new(copy.path(), key), clock(), random()).await {
        Ok(service) => {
            let damage = checks_of_damage(&service, folder).await;
            service.close().await;
            checks.extend(damage?);
        }
        Err(error) if *error.kind() == ErrorKind::WrongMasterKey => {
            let advice = "restore the right key, or name its place";
            return Ok(vec![Check::failed("catalog", error.to_string(), advice)]);
        }
        // A copy can be used, so it is the version of the tables.
        Err(error) if *error.kind() == ErrorKind::DataDirectory => {
            let advice = "or use the program of its version";
            return Ok(vec![Check::failed("catalog", error.to_string(), advice)]);
        }
        Err(error) => return Ok(vec![damaged(error)]),
    }
    checks.push(match is_current {
        true => Check::fine("catalog", "it can be read, has this version's tables, and the key is its own"),
        false => {
            let found = "it can be read and the key is its own, but another version of edm made its tables";
            Check::warning(
                "catalog",
                found,
                "back it up before this version's server changes them at its start",
            )
        }
    });
    Ok(checks)
}

/// Compares the names in the catalog with existing files.
async fn checks_of_damage(service: &Service, folder: &Path) -> anyhow::Result<Vec<Check>> {
    let mut checks = Vec::new();
    let blobs = folder.join(BLOBS);
    if !holds_something(&blobs)? {
        // The copy has no blobs, so every blob that the catalog names is reported as missing.
        let missed = service.verify(|_| {}).await?.findings.len();
        if missed > 0 {
            let found = format!("{} is missing or empty, and the catalog names data in it", blobs.display());
            checks.push(Check::failed("blobs", found, "mount its volume, or restore it from a backup"));
        }
    }
    let tokens = service.list_tokens(&Principal::operator(TenantId::DEFAULT)).await?;
    if !tokens.is_empty() && !lets_in_an_admin(&tokens, now()) {
        let found = "no token with the role Admin works any more";
        let advice = "edm token create --data-dir DIR --name NAME --role Admin";
        checks.push(Check::warning("admin tokens", found, advice));
    }
    Ok(checks)
}

fn holds_something(folder: &Path) -> std::io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == ErrorOfFile::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Copies the catalog together with its write-ahead log.
async fn copied(folder: &Path) -> std::io::Result<TempDir> {
    let copy = tempfile::Builder::new().prefix("edm-doctor-").tempdir()?;
    copy_in_pieces(&folder.join(CATALOG), &copy.path().join(CATALOG)).await?;
    match copy_in_pieces(&folder.join(CATALOG_LOG), &copy.path().join(CATALOG_LOG)).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(copy),
    }
}

/// Copies a file, and yields after each piece, so that dropping the future ends the copy.
async fn copy_in_pieces(from: &Path, to: &Path) -> std::io::Result<()> {
    let (mut from, mut to) = (fs::File::open(from)?, fs::File::create_new(to)?);
    let mut piece = Vec::new();
    loop {
        piece.clear();
        if (&mut from).take(PIECE_BYTES).read_to_end(&mut piece)? == 0 {
            return Ok(());
        }
        to.write_all(&piece)?;
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A signal once had no effect until the whole copy was made.
    #[tokio::test]
    async fn a_copy_gives_way_after_each_piece() {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        let bytes: Vec<u8> = (0..3 * PIECE_BYTES + 7).map(|number| number as u8).collect();
        fs::write(&from, &bytes).expect("writes");
        tokio::select! {
            biased;
            copied = copy_in_pieces(&from, &to) => panic!("it ended before anybody could end it: {copied:?}"),
            () = std::future::ready(()) => {}
        }
        assert_eq!(fs::metadata(&to).expect("is begun").len(), PIECE_BYTES);
        fs::remove_file(&to).expect("removes");
        copy_in_pieces(&from, &to).await.expect("copies");
        assert!(fs::read(&to).expect("reads") == bytes);
    }
}
