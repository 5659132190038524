//! What counts as damage of stored data: errors that a retry would not fix.

use crate::error::{Error, ErrorKind};

/// A generation that cannot be opened is damage, not a passing failure.
pub(crate) fn broken(source: edm_engine::Error) -> Error {
    Error::of(ErrorKind::Corrupt).because(source)
}

/// A blob that the catalog names and that is not there is damage: trying again would not bring it
/// back.
pub(crate) fn lost(error: edm_store::Error) -> Error {
    match error.kind() {
        edm_store::ErrorKind::NotFound => Error::of(ErrorKind::Corrupt).because(error),
        _ => error.into(),
    }
}
