//! Lookup: which rows contain a value. It answers guesses by design, so it is metered and audited
//! by principal.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use edm_engine::RowReference;
use edm_model::{Columns, PrincipalId, SessionId, StoreId, Timestamp, limits};
use edm_store::Catalog;

use crate::access::audit::{AuditLog, AuditSubject};
use crate::access::authorise::{Grant, Lookup};
use crate::deps::{Clock, Deps};
use crate::error::{Error, ErrorKind, Resource};
use crate::run_blocking::run_blocking;
use crate::serve::data_state::Data;
use crate::serve::library::Library;
use crate::service_limits::Limits;

const WINDOW_SECONDS: i64 = 60;
const PRINCIPALS_MAX: usize = 10_000;
/// Rows that one answer has at most; a value that is named in two spellings counts its rows twice.
const ROWS_PER_REQUEST_MAX: usize = 100_000;
/// Cells that one answer has at most.
const CELLS_PER_REQUEST_MAX: usize = 2_000_000;

/// Values, and what is wanted of their rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupRequest {
    /// The searchable column that holds the values.
    pub key: String,
    /// The values in clear.
    pub values: Vec<String>,
    /// The columns wanted; empty is all of them.
    pub result_columns: Vec<String>,
}

/// A row that holds one of the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupRow {
    /// Its number in the file that brought it; the first data row is 1.
    pub row: u64,
    /// The session whose file it is.
    pub session_id: SessionId,
    /// An opaque token for each wanted column; `None` is an empty cell.
    pub columns: Vec<(Arc<str>, Option<[u8; 4]>)>,
}

/// Counts what each principal looked up in the present minute.
#[derive(Default)]
struct LookupMeter {
    used: Mutex<HashMap<PrincipalId, (Timestamp, u32)>>,
}

impl LookupMeter {
    /// Counts the values against the principal's limit for a window, or refuses all of them.
    fn take(
        &self,
        principal: &PrincipalId,
        values: usize,
        per_window: u32,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let expired = |start: Timestamp| start.plus_seconds(WINDOW_SECONDS) <= now;
        if used.len() >= PRINCIPALS_MAX {
            used.retain(|_, (start, _)| !expired(*start));
        }
        let (start, count) = used.entry(principal.clone()).or_insert((now, 0));
        if expired(*start) {
            (*start, *count) = (now, 0);
        }
        let values = u32::try_from(values).unwrap_or(u32::MAX);
        let wanted = count.saturating_add(values);
        if values > per_window {
            // No minute would ever let it through.
            let kind = ErrorKind::TooMany { what: Resource::RequestItem, allowed: u64::from(per_window) };
            return Err(Error::of(kind).at("values"));
        }
        if wanted > per_window {
            let left = start.plus_seconds(WINDOW_SECONDS).as_micros() - now.as_micros();
            let seconds = u32::try_from(left.max(0) / 1_000_000 + 1).unwrap_or(1);
            return Err(Error::of(ErrorKind::RateLimited { retry_after_seconds: seconds }));
        }
        *count = wanted;
        Ok(())
    }
}

/// Looks values up in the live data of all stores.
pub(crate) struct Lookups {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    limits: Limits,
    library: Arc<Library>,
    audit: AuditLog,
    meter: LookupMeter,
}

impl Lookups {
    pub(crate) fn new(deps: &Deps, library: Arc<Library>, audit: AuditLog) -> Self {
        Self {
            catalog: deps.catalog.clone(),
            clock: deps.clock.clone(),
            limits: deps.limits.clone(),
            library,
            audit,
            meter: LookupMeter::default(),
        }
    }

    /// Returns the rows of the live data that hold one of the values, in the order of the file;
    /// what deltas brought follows in the order of their publication.
    pub(crate) async fn lookup(
        &self,
        grant: &Grant<'_, Lookup>,
        store_id: StoreId,
        request: LookupRequest,
    ) -> Result<Vec<LookupRow>, Error> {
        let store = self.catalog.store(grant.tenant(), store_id).await?.store;
        if !self.library.is_ready() {
            return Err(Error::of(ErrorKind::NotReady));
        }
        let allowed = limits::REQUEST_ITEMS_MAX;
        if request.values.len() > allowed {
            let kind = ErrorKind::TooMany { what: Resource::RequestItem, allowed: allowed as u64 };
            return Err(Error::of(kind).at("values"));
        }
        let generation = match self.library.data(store_id) {
            Some(Data::Live(generation) | Data::Stale(generation)) => Some(generation),
            Some(Data::Unserved) => return Err(Error::data_unavailable(&[&store.name])),
            None => None,
        };
        let columns = generation.as_ref().map_or(&store.columns, |generation| generation.columns());
        let (key, wanted) = resolve(columns, &request)?;
        let per_minute = self.limits.load().lookups_per_minute;
        self.meter.take(&grant.principal().id, request.values.len(), per_minute, self.clock.now())?;
        let subject = AuditSubject { store_id, item_count: request.values.len() as u64 };
        self.audit.record(grant, subject, self.clock.now()).await?;
        // "No row" would be a wrong answer where there is no data that could contain one.
        let Some(generation) = generation else {
            let message = "the data store has no data yet, so nothing was looked up: upload its table first";
            return Err(Error::with_message(ErrorKind::NoLiveData, message));
        };
        run_blocking(move || {
            let rows =
                rows_of(request.values, wanted.len(), |value, most| generation.lookup(key, value, most))?;
            let token = |row: u32, (position, name): &(usize, Arc<str>)| {
                (name.clone(), generation.row_token(row, *position))
            };
            let row = |row| {
                let RowReference { record, session_id } = generation.reference(row);
                let columns = wanted.iter().map(|column| token(row, column)).collect();
                LookupRow { row: record, session_id, columns }
            };
            Ok(rows.into_iter().map(row).collect())
        })
        .await?
    }
}

/// Returns the rows of all the values in the order of the file, or refuses: half an answer would
/// pass for a whole one.
fn rows_of(
    mut values: Vec<String>,
    columns: usize,
    mut find: impl FnMut(&str, usize) -> Vec<u32>,
) -> Result<Vec<u32>, Error> {
    let allowed = ROWS_PER_REQUEST_MAX.min(CELLS_PER_REQUEST_MAX / columns.max(1));
    values.sort_unstable();
    values.dedup();
    let mut rows = Vec::new();
    for value in &values {
        // One more than allowed shows that there are more.
        rows.extend(find(value, allowed + 1 - rows.len()));
        if rows.len() > allowed {
            let message = format!(
                "the values are in more than {allowed} rows, the most of one answer with this many columns: look \
                 up fewer values at once, or name fewer result columns"
            );
            let kind = ErrorKind::TooMany { what: Resource::Row, allowed: allowed as u64 };
            return Err(Error::with_message(kind, message).at("values"));
        }
    }
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

type WantedColumns = Vec<(usize, Arc<str>)>;

fn resolve(columns: &Columns, request: &LookupRequest) -> Result<(usize, WantedColumns), Error> {
    let key = columns.position(&request.key).ok_or_else(|| Error::of(ErrorKind::UnknownColumn).at("key"))?;
    if columns.as_slice().get(key).is_some_and(|column| !column.searchable) {
        return Err(Error::of(ErrorKind::ColumnNotSearchable).at("key"));
    }
    if request.result_columns.is_empty() {
        let all = columns.as_slice().iter().map(|column| Arc::from(column.name.as_str())).enumerate();
        return Ok((key, all.collect()));
    }
    let wanted = request.result_columns.iter().enumerate().map(|(number, name)| {
        let position = columns.position(name);
        let column = position
            .and_then(|position| Some((position, columns.as_slice().get(position)?.name.as_str().into())));
        column.ok_or_else(|| Error::of(ErrorKind::UnknownColumn).at(format!("resultColumnNames/{number}")))
    });
    Ok((key, wanted.collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_or_refused() {
        let check = |values: &[(&str, usize)], columns: usize, expected: Result<usize, u64>| {
            let named = values.iter().map(|(value, _)| (*value).to_owned()).collect();
            let found = rows_of(named, columns, |value, most| {
                let count = values.iter().find(|(known, _)| *known == value).map_or(0, |(_, count)| *count);
                (1..=count as u32).take(most).collect()
            });
            let found = found.map(|rows| rows.len()).map_err(|error| match error.kind() {
                ErrorKind::TooMany { what: Resource::Row, allowed } => *allowed,
                other => panic!("{other:?}"),
            });
            assert_eq!(found, expected, "{values:?} {columns}");
        };
        check(&[], 1, Ok(0));
        check(&[("a", 100_000)], 1, Ok(100_000));
        check(&[("a", 100_001)], 1, Err(100_000));
        check(&[("a", 100_000), ("b", 1)], 1, Err(100_000));
        check(&[("a", 60_000), ("a", 60_000)], 1, Ok(60_000));
        check(&[("a", 50_000)], 40, Ok(50_000));
        check(&[("a", 7_812)], 256, Ok(7_812));
        check(&[("a", 7_813)], 256, Err(7_812));
    }

    #[test]
    fn a_principal_that_asks_too_much_waits_for_the_next_minute() {
        let meter = LookupMeter::default();
        let (alice, bob) = (PrincipalId::new("a"), PrincipalId::new("b"));
        let at = |seconds| Timestamp::from_micros(0).plus_seconds(seconds);
        assert!(meter.take(&alice, 8, 10, at(0)).is_ok());
        let refused = meter.take(&alice, 3, 10, at(20)).expect_err("the minute is used up");
        assert_eq!(refused.kind(), &ErrorKind::RateLimited { retry_after_seconds: 41 });
        assert!(meter.take(&alice, 2, 10, at(30)).is_ok(), "what was refused does not count");
        assert!(meter.take(&bob, 10, 10, at(30)).is_ok(), "others are not touched");
        assert!(meter.take(&alice, 10, 10, at(60)).is_ok());
        let refused =
            meter.take(&PrincipalId::new("c"), 11, 10, at(60)).expect_err("no minute has room for it");
        assert_eq!(refused.kind(), &ErrorKind::TooMany { what: Resource::RequestItem, allowed: 10 });
    }
}
