//! Errors that a test lets happen, as SQLite lets them happen.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::error::{DatabaseError, ErrorKind};

/// What goes wrong in the writes of one catalog. Nothing does until a test says so.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    armed: Option<Armed>,
    page_limit: Option<&'static str>,
}

#[derive(Debug)]
struct Armed {
    statements_before: u32,
    code: i32,
}

impl Faults {
    /// Lets the statement of this number fail with this result code of SQLite instead of being run. They are counted from
    /// 1, from now on, in all transactions that write; the beginning and the end of each count too. A transaction that
    /// SQLite would roll back by itself is rolled back.
    pub fn fail(&self, statement: u32, code: i32) {
        self.state().armed = Some(Armed { statements_before: statement.saturating_sub(1), code });
    }

    /// Returns whether what `fail` asked for is still to come, and asks for it no more.
    pub fn disarm(&self) -> bool {
        self.state().armed.take().is_some()
    }

    /// Makes the disk seem as full as the catalog is now: SQLite itself refuses whatever needs another page.
    pub fn fill_disk(&self) {
        self.state().page_limit = Some("pragma max_page_count = 1");
    }

    /// Makes room again.
    pub fn free_disk(&self) {
        self.state().page_limit = Some("pragma max_page_count = 4294967294");
    }

    /// Counts a statement, and returns the error that it must fail with.
    pub(super) fn next(&self) -> Option<sqlx::Error> {
        let mut state = self.state();
        let armed = state.armed.as_mut()?;
        if armed.statements_before > 0 {
            armed.statements_before -= 1;
            return None;
        }
        let code = armed.code;
        state.armed = None;
        Some(injected(code))
    }

    pub(super) fn page_limit(&self) -> Option<&'static str> {
        self.state().page_limit
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns an error as SQLx makes it of one of SQLite's.
pub(super) fn injected(code: i32) -> sqlx::Error {
    sqlx::Error::Database(Box::new(Injected(code)))
}

#[derive(Debug)]
struct Injected(i32);

impl fmt::Display for Injected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(code: {}) a test lets it fail", self.0)
    }
}

impl std::error::Error for Injected {}

impl DatabaseError for Injected {
    fn message(&self) -> &'static str {
        "a test lets it fail"
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.0.to_string().into())
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}
