//! The time of the catalog: handed down, so that it is the same that the service goes by, and the last moment at which a
//! server was seen alive.

use std::fmt;
use std::sync::Arc;

use edm_model::Timestamp;

use super::Catalog;
use crate::error::{Context, Error};

/// The setting that holds the last moment at which a server was alive.
const MARK: &str = "clock.mark";

/// Tells the time that leases and due jobs go by.
#[derive(Clone)]
pub struct CatalogClock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl CatalogClock {
    /// Makes a clock of what tells the present moment.
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
    /// Returns the moment that `set_clock_mark` wrote last; nothing where it never did.
    pub async fn clock_mark(&self) -> Result<Option<Timestamp>, Error> {
        let Some(bytes) = self.setting(MARK).await? else { return Ok(None) };
        let bytes = bytes.try_into().map_err(|_| Error::corrupt("mark of the clock"))?;
        Ok(Some(Timestamp::from_micros(i64::from_le_bytes(bytes))))
    }

    /// Writes the moment at which this server was alive, for the next one that starts.
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
