//! Texts are matched: a permit first, then the scan on a thread that may block, then names for
//! positions.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use edm_engine::{CandidateSpan, Exclusion, PreparedTypes, Query};
use edm_model::{OffsetUnit, TenantId};

use crate::access::authorise::{Classify, Grant};
use crate::deps::{Clock, Deps};
use crate::error::{Error, ErrorKind};
use crate::matching::deadline::Deadline;
use crate::matching::options::{MatchOptions, Unavailable};
use crate::matching::queue::{Admission, MatchQueue, Permit};
use crate::matching::report::{MatchReport, Unsearched};
use crate::matching::wiped_text::WipedText;
use crate::run_blocking::run_blocking;
use crate::secrets::key_ring::KeyRing;
use crate::secrets::pseudonyms::Pseudonyms;
use crate::serve::library::Library;
use crate::serve::tenant_types::SelectedTypes;
use crate::service_limits::Limits;

const TIMEOUT_MS_MAX: u64 = 600_000;
/// Bytes of the longest text that counts as short. It is tried on the thread of its request,
/// because handing it over costs more than most such texts take. Among many texts it is scanned
/// together with others.
pub(crate) const BRIEF_TEXT_BYTES_MAX: usize = 8 * 1024;
/// How long such a try may delay the other requests of its thread.
const BRIEF_MICROS: i64 = 1_000;

/// Cancels the scan of a matcher when it is dropped.
pub struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Matches texts, one after another, with the types that were live when it was made. Holds a permit
/// until it is dropped.
pub struct Matcher {
    pub(crate) types: Arc<PreparedTypes>,
    pub(crate) unsearched: Unsearched,
    candidates: Vec<CandidateSpan>,
    offset_unit: OffsetUnit,
    exempt: Vec<Exclusion>,
    minimum_confidence: u8,
    /// The minimum of each type, instead; unused if it is empty.
    pub(crate) minimum_by_type: Vec<u8>,
    explain: bool,
    timeout_micros: i64,
    pub(crate) queue: Arc<MatchQueue>,
    clock: Arc<dyn Clock>,
    cancelled: Arc<AtomicBool>,
    permit: Option<Permit>,
}

impl Matcher {
    /// Finds the records in a text. Blocks its thread until the text is done.
    pub fn classify(&self, text: &str) -> MatchReport {
        self.scan(text, |_, report| self.named(report))
    }

    /// Returns a guard that cancels the work when it is dropped, for the task that waits for the
    /// answer.
    pub fn cancel_on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.cancelled.clone())
    }

    /// Finds the records in a text if it is short and done within `BRIEF_MICROS`; gives up
    /// otherwise.
    fn classify_briefly(&self, text: &str) -> Option<MatchReport> {
        if text.len() > BRIEF_TEXT_BYTES_MAX {
            return None;
        }
        let deadline = self.deadline_after(self.timeout_micros.min(BRIEF_MICROS));
        let report = self.scan_until(&self.deadline_at(deadline), text, |_, report| self.named(report));
        (!report.timed_out).then_some(report)
    }

    pub(crate) fn scan<T>(&self, text: &str, then: impl FnOnce(&Query<'_>, edm_engine::Report) -> T) -> T {
        self.scan_until(&self.deadline(), text, then)
    }

    fn scan_until<T>(
        &self,
        deadline: &Deadline,
        text: &str,
        then: impl FnOnce(&Query<'_>, edm_engine::Report) -> T,
    ) -> T {
        let should_stop = || self.should_stop(deadline);
        let query = self.query(text, deadline, &should_stop);
        let scratches = &self.queue.scratches;
        let mut scratch = scratches.take();
        let report = edm_engine::scan(&query, &mut scratch);
        scratches.give_back(scratch);
        then(&query, report)
    }

    /// Hands over the permit, so that it can be released while there is nothing to match.
    pub(crate) fn take_permit(&mut self) -> Option<Permit> {
        self.permit.take()
    }

    /// Releases the permit until there is something to match.
    pub(crate) fn release_permit(&mut self) {
        if let Some(permit) = &mut self.permit {
            permit.release();
        }
    }

    /// Returns when a text that begins now must be done.
    pub(crate) fn deadline(&self) -> Deadline {
        self.deadline_at(self.deadline_after(self.timeout_micros))
    }

    pub(crate) fn deadline_at(&self, micros: i64) -> Deadline {
        Deadline::at(micros, self.types.types().len())
    }

    fn deadline_after(&self, micros: i64) -> i64 {
        self.clock.now().as_micros().saturating_add(micros)
    }

    /// Returns whether the work was cancelled or the deadline is met.
    pub(crate) fn should_stop(&self, deadline: &Deadline) -> bool {
        self.cancelled.load(Ordering::Acquire) || deadline.is_met(self.clock.now().as_micros())
    }

    pub(crate) fn query<'a>(
        &'a self,
        text: &'a str,
        deadline: &'a Deadline,
        should_stop: &'a (dyn Fn() -> bool + Sync),
    ) -> Query<'a> {
        Query {
            minimum_confidence: self.minimum_confidence,
            minimum_by_type: &self.minimum_by_type,
            candidates: &self.candidates,
            offset_unit: self.offset_unit,
            exclusions: &self.exempt,
            explain: self.explain,
            should_stop,
            progress: Some(&deadline.progress),
            ..Query::new(text, &self.types)
        }
    }

    pub(crate) fn named(&self, report: edm_engine::Report) -> MatchReport {
        MatchReport::of(report, self.types.types(), self.unsearched.clone())
    }
}

/// Matches the texts of all tenants.
pub(crate) struct Matching {
    clock: Arc<dyn Clock>,
    limits: Limits,
    keys: Arc<KeyRing>,
    library: Arc<Library>,
    queue: Arc<MatchQueue>,
}

impl Matching {
    pub(crate) fn new(deps: &Deps, keys: Arc<KeyRing>, library: Arc<Library>) -> Self {
        let limits = deps.limits.load();
        let queue = MatchQueue::new(limits.match_concurrency, limits.match_queue_length);
        Self { clock: deps.clock.clone(), limits: deps.limits.clone(), keys, library, queue: Arc::new(queue) }
    }

    /// Returns how many texts are matched and how many wait.
    pub(crate) fn load(&self) -> (usize, usize) {
        self.queue.load()
    }

    /// Returns what makes the pseudonyms of a tenant.
    pub(crate) fn pseudonyms(&self, tenant: TenantId) -> Pseudonyms {
        self.keys.pseudonyms(tenant)
    }

    /// Finds the records of the tenant's stores in a text.
    pub(crate) async fn classify<'a>(
        &self,
        grant: &Grant<'_, Classify>,
        text: impl Into<Cow<'a, str>>,
        options: MatchOptions,
    ) -> Result<MatchReport, Error> {
        let text = WipedText::new(text);
        let matcher = self.matcher(grant, options, Admission::New, text.len()).await?;
        if let Some(report) = matcher.classify_briefly(&text) {
            return Ok(report);
        }
        let text = text.into_owned();
        let _cancel = matcher.cancel_on_drop();
        // The matcher moves into the work, so a cancelled scan holds its permit until it has ended.
        run_blocking(move || matcher.classify(&text)).await
    }

    /// Returns a matcher for texts of this many bytes together. Waits for a permit, in turn with
    /// other principals; fails with `Busy` when too many wait already.
    pub(crate) async fn matcher(
        &self,
        grant: &Grant<'_, Classify>,
        options: MatchOptions,
        admission: Admission,
        text_bytes: usize,
    ) -> Result<Matcher, Error> {
        options.check()?;
        if !self.library.is_ready() {
            return Err(Error::of(ErrorKind::NotReady));
        }
        let permit = self.queue.enter(&grant.principal().id, text_bytes, admission).await?;
        let SelectedTypes { types, unknown, omissions, unavailable } =
            self.library.types(grant.tenant()).select(&options.type_ids);
        let must = !options.type_ids.is_empty() || options.unavailable == Unavailable::Refused;
        if must && !unavailable.is_empty() {
            return Err(Error::data_unavailable(&unavailable).at("sensitiveTypeIds"));
        }
        let timeout_ms = options.timeout_ms.unwrap_or(self.limits.load().match_timeout_ms_default);
        let exempt = options.exempt.into_iter().map(|(column, values)| Exclusion { column, values });
        Ok(Matcher {
            types,
            unsearched: Unsearched { unknown_type_ids: unknown, omissions },
            candidates: options.candidates,
            offset_unit: options.offset_unit,
            exempt: exempt.collect(),
            minimum_confidence: options.minimum_confidence.unwrap_or(1),
            minimum_by_type: Vec::new(),
            explain: options.explain,
            timeout_micros: i64::try_from(timeout_ms.min(TIMEOUT_MS_MAX) * 1_000).unwrap_or(i64::MAX),
            queue: self.queue.clone(),
            clock: self.clock.clone(),
            cancelled: Arc::default(),
            permit: Some(permit),
        })
    }
}
