//! The catalog's clock. It is an argument, so it equals the clock of the service. Also stores the
//! last time at which a server was alive.

use std::fmt;
use std::sync::Arc;

use edm_model::Timestamp;

use super::Catalog;
use crate::error::{Context, Error};

/// The setting with the last time at which a server was alive.
const MARK: &str = "clock.mark";

/// The clock for leases and due jobs.
#[derive(Clone)]
pub struct CatalogClock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl CatalogClock {
    /// Makes a clock from a function that returns the current time.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for CatalogClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CatalogClock")
    }
}

impl Catalog {
    /// Returns the time that `set_clock_mark` wrote last; `None` if it never did.
    pub async fn clock_mark(&self) -> Result<Option<Timestamp>, Error> {
        let Some(bytes) = self.setting(MARK).await? else { return Ok(None) };
        let bytes = bytes.try_into().map_err(|_| Error::corrupt("mark of the clock"))?;
        Ok(Some(Timestamp::from_micros(i64::from_le_bytes(bytes))))
    }

    /// Records that this server was alive at `at`, for the next server that starts.
    pub async fn set_clock_mark(&self, at: Timestamp) -> Result<(), Error> {
        sqlx::query(
            "insert into settings (name, value) values ($1, $2) \
             on conflict (name) do update set value = excluded.value",
        )
        .bind(MARK)
        .bind(at.as_micros().to_le_bytes().to_vec())
        .execute(&self.writer)
        .await
        .context("marking the clock")?;
        Ok(())
    }
}
