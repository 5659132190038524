//! Injected faults: errors that a test provokes, with the effects that SQLite gives them.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::error::{DatabaseError, ErrorKind};

/// The faults of one catalog's writes. There are none until a test adds one.
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
    /// Makes statement number `statement` fail with this result code of SQLite instead of running.
    /// Statements of all write transactions are counted, from 1 for the next one; the begin and end
    /// of each transaction count too. If SQLite would roll the transaction back by itself, it is
    /// rolled back.
    pub fn fail(&self, statement: u32, code: i32) {
        self.state().armed = Some(Armed { statements_before: statement.saturating_sub(1), code });
    }

    /// Removes the fault of `fail`. Returns whether it had not happened yet.
    pub fn disarm(&self) -> bool {
        self.state().armed.take().is_some()
    }

    /// Makes the disk appear full at the catalog's current size. SQLite itself then refuses to add
    /// a page.
    pub fn fill_disk(&self) {
        self.state().page_limit = Some("pragma max_page_count = 1");
    }

    /// Ends the effect of `fill_disk`.
    pub fn free_disk(&self) {
        self.state().page_limit = Some("pragma max_page_count = 4294967294");
    }

    /// Counts a statement, and returns the error it must fail with, if any.
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

/// Returns the error that SQLx makes from this result code.
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
