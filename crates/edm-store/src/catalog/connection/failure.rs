//! Classifies SQLite's errors by their effect on the caller, the transaction and the connection.

use crate::error_kind::ErrorKind;

// Primary result codes, the lowest byte of every code (<https://www.sqlite.org/rescode.html>).
const ERROR: i32 = 1;
const NO_MEMORY: i32 = 7;
const READ_ONLY: i32 = 8;
const INTERRUPT: i32 = 9;
const IO_ERROR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANNOT_OPEN: i32 = 14;
const PROTOCOL: i32 = 15;
const MISUSE: i32 = 21;
const NOT_A_DATABASE: i32 = 26;

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// Returns the kind of error for the caller.
pub(crate) fn kind_of(error: &sqlx::Error) -> ErrorKind {
    match error {
        sqlx::Error::RowNotFound => return ErrorKind::NotFound,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => return ErrorKind::Corrupt,
        sqlx::Error::Database(database) if database.is_unique_violation() => return ErrorKind::NameTaken,
        sqlx::Error::Database(database) if database.is_foreign_key_violation() => return ErrorKind::NotFound,
        _ => {}
    }
    match primary_code(error) {
        Some(INTERRUPT) => ErrorKind::QueryTooSlow,
        Some(FULL) => ErrorKind::Full,
        Some(CORRUPT | NOT_A_DATABASE) => ErrorKind::Corrupt,
        _ => ErrorKind::Unavailable,
    }
}

/// Returns whether SQLite cannot execute a statement as it is written. If the statement is valid,
/// the schema in the file contradicts itself.
pub(crate) fn is_of_the_statement(error: &sqlx::Error) -> bool {
    primary_code(error) == Some(ERROR)
}

/// Returns whether SQLite has rolled back the transaction by itself
/// (<https://www.sqlite.org/lang_transaction.html>).
pub(super) fn ends_transaction(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(NO_MEMORY | INTERRUPT | IO_ERROR | FULL))
}

/// Returns whether the disk may have been full. Some file systems report that as a write error.
pub(super) fn may_be_full(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(FULL | IO_ERROR))
}

/// Returns whether the connection must be closed: its transaction has ended without SQLx's
/// knowledge, its reads may be wrong, or its thread is gone. A new connection costs a millisecond.
pub(super) fn is_unfit_after(error: &sqlx::Error) -> bool {
    let by_code = matches!(
        primary_code(error),
        Some(
            NO_MEMORY
                | READ_ONLY
                | IO_ERROR
                | CORRUPT
                | FULL
                | CANNOT_OPEN
                | PROTOCOL
                | MISUSE
                | NOT_A_DATABASE
        )
    );
    let by_itself = matches!(
        error,
        sqlx::Error::WorkerCrashed
            | sqlx::Error::InvalidSavePointStatement
            | sqlx::Error::BeginFailed
            | sqlx::Error::Io(_)
            | sqlx::Error::Protocol(_)
    );
    by_code || by_itself
}

#[cfg(test)]
mod tests {
    use super::super::faults::injected;
    use super::*;

    fn check(code: i32, kind: ErrorKind, ends: bool, unfit: bool) {
        let error = injected(code);
        assert_eq!(
            (kind_of(&error), ends_transaction(&error), is_unfit_after(&error)),
            (kind, ends, unfit),
            "{code}"
        );
    }

    #[test]
    fn codes_are_told_apart() {
        check(1, ErrorKind::Unavailable, false, false);
        // BUSY and BUSY_SNAPSHOT: another program holds the lock, and the transaction may have
        // begun.
        check(5, ErrorKind::Unavailable, false, false);
        check(517, ErrorKind::Unavailable, false, false);
        check(NO_MEMORY, ErrorKind::Unavailable, true, true);
        check(INTERRUPT, ErrorKind::QueryTooSlow, true, false);
        // IOERR_WRITE and IOERR_FSYNC.
        check(778, ErrorKind::Unavailable, true, true);
        check(1_034, ErrorKind::Unavailable, true, true);
        check(CORRUPT, ErrorKind::Corrupt, false, true);
        check(FULL, ErrorKind::Full, true, true);
        check(NOT_A_DATABASE, ErrorKind::Corrupt, false, true);
    }

    #[test]
    fn what_sqlx_says_by_itself_is_told_apart() {
        assert_eq!(kind_of(&sqlx::Error::RowNotFound), ErrorKind::NotFound);
        assert_eq!(kind_of(&sqlx::Error::PoolTimedOut), ErrorKind::Unavailable);
        assert!(!is_unfit_after(&sqlx::Error::RowNotFound));
        assert!(is_unfit_after(&sqlx::Error::InvalidSavePointStatement));
        assert!(is_unfit_after(&sqlx::Error::WorkerCrashed));
    }
}
