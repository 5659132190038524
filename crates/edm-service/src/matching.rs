//! Texts are matched: a permit first, then the scan on a thread that may block, then names for positions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use edm_engine::{ActiveType, CandidateSpan, Exempt, Query, Redaction};
use edm_hash::{Canonicaliser, Folded, decode_escapes};
use edm_model::{Pattern, Principal, Right, SensitiveTypeId, Timestamp, limits};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, ErrorKind, Resource};
use crate::library::TenantTypes;
use crate::match_report::MatchReport;
use crate::seal::Pseudonyms;
use crate::service::{Service, off_thread, require};

const BUSY_RETRY_SECONDS: u32 = 1;
const TIMEOUT_MS_MAX: u64 = 600_000;

/// A text, and what to look for in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchRequest {
    /// The text.
    pub text: String,
    /// The types to look for, as they were named; empty is all of them.
    pub type_ids: Vec<String>,
    /// Matches below are counted, not listed.
    pub minimum_confidence: u8,
    /// Where primary values must stand; everywhere if empty.
    pub candidates: Vec<CandidateSpan>,
    /// Columns, and values whose rows are left out.
    pub exempt: Vec<(String, Vec<String>)>,
    /// Whether to say why values that were found are no match.
    pub explain: bool,
    /// How long it may take.
    pub timeout_ms: Option<u64>,
}

impl MatchRequest {
    /// Makes a request for everything, everywhere.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            type_ids: Vec::new(),
            minimum_confidence: 1,
            candidates: Vec::new(),
            exempt: Vec::new(),
            explain: false,
            timeout_ms: None,
        }
    }
}

/// What is written in the place of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Replacement {
    /// Blocks of the same length.
    Mask,
    /// The column's name.
    Label,
    /// The column's name and a stable pseudonym.
    Token,
}

/// A text with its matches replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// The text.
    pub text: String,
    /// What was found in the original.
    pub report: MatchReport,
}

/// How many texts are matched at once, and how many may wait.
pub(crate) struct MatchQueue {
    permits: Arc<Semaphore>,
    concurrency: usize,
    queue_length: usize,
    admitted: Arc<AtomicUsize>,
}

/// A place in the queue, given back when it is dropped.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl MatchQueue {
    pub(crate) fn new(concurrency: usize, queue_length: usize) -> Self {
        let concurrency = concurrency.max(1);
        Self {
            permits: Arc::new(Semaphore::new(concurrency)),
            concurrency,
            queue_length,
            admitted: Arc::default(),
        }
    }

    /// Returns how many are matched and how many wait.
    pub(crate) fn load(&self) -> (usize, usize) {
        let running = self.concurrency - self.permits.available_permits().min(self.concurrency);
        (running, self.admitted.load(Ordering::Acquire).saturating_sub(running))
    }

    async fn enter(&self) -> Result<(Place, OwnedSemaphorePermit), Error> {
        let place = Place(self.admitted.clone());
        let before = self.admitted.fetch_add(1, Ordering::AcqRel);
        if before >= self.concurrency + self.queue_length {
            return Err(Error::of(ErrorKind::Busy { retry_after_seconds: BUSY_RETRY_SECONDS }));
        }
        let permit = self.permits.clone().acquire_owned().await;
        let permit = permit.map_err(|source| Error::of(ErrorKind::Internal).because(source))?;
        Ok((place, permit))
    }
}

/// Tells a scan that nobody waits for it any more.
struct Abandon(Arc<AtomicBool>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Service {
    /// Finds the records of the tenant's stores in a text.
    pub async fn classify(&self, principal: &Principal, request: MatchRequest) -> Result<MatchReport, Error> {
        require(principal, Right::Classify)?;
        let (report, _) = self.scan_text(principal, request, None).await?;
        Ok(report)
    }

    /// Finds the records of the tenant's stores in a text and replaces them.
    pub async fn redact(
        &self,
        principal: &Principal,
        request: MatchRequest,
        replacement: Replacement,
    ) -> Result<Redacted, Error> {
        require(principal, Right::Classify)?;
        // Limits of a type without a listed match stand in the diagnostics only.
        let request = MatchRequest { explain: true, ..request };
        let (report, text) = self.scan_text(principal, request, Some(replacement)).await?;
        refuse_incomplete(&report)?;
        let report = MatchReport { diagnostics: Vec::new(), ..report };
        Ok(Redacted { text: text.unwrap_or_default(), report })
    }

    async fn scan_text(
        &self,
        principal: &Principal,
        request: MatchRequest,
        replacement: Option<Replacement>,
    ) -> Result<(MatchReport, Option<String>), Error> {
        check_request(&request)?;
        if !self.is_ready() {
            return Err(Error::of(ErrorKind::NotReady));
        }
        let (_place, permit) = self.inner.matches.enter().await?;
        let (mut types, unknown) =
            select_types(&self.inner.library.types(principal.tenant), &request.type_ids);
        if replacement.is_some() {
            types = types.iter().map(naming_each_primary).collect();
        }
        let timeout_ms = request.timeout_ms.unwrap_or(self.inner.limits.match_timeout_ms_default);
        let clock = self.inner.clock.clone();
        let timeout_ms = i64::try_from(timeout_ms.min(TIMEOUT_MS_MAX)).unwrap_or(i64::MAX);
        let deadline =
            Timestamp::from_micros(clock.now().as_micros().saturating_add(timeout_ms.saturating_mul(1_000)));
        let pseudonyms = self.inner.seals.pseudonyms(principal.tenant);
        let abandoned = Arc::new(AtomicBool::new(false));
        let _abandon = Abandon(abandoned.clone());
        off_thread(move || {
            // The permit goes with the work: an abandoned scan holds it until it has really ended.
            let _permit = permit;
            let should_stop = || abandoned.load(Ordering::Acquire) || clock.now() >= deadline;
            let exempt: Vec<Exempt> = request
                .exempt
                .iter()
                .map(|(column, values)| Exempt { column: column.clone(), values: values.clone() })
                .collect();
            let query = Query {
                minimum_confidence: request.minimum_confidence,
                candidates: &request.candidates,
                exempt: &exempt,
                explain: request.explain,
                should_stop: &should_stop,
                ..Query::new(&request.text, &types)
            };
            let report = edm_engine::scan(&query);
            let redacted = replacement.map(|replacement| replace(&query, &report, replacement, &pseudonyms));
            (MatchReport::of(request.text, report, &types, unknown), redacted)
        })
        .await
    }
}

/// Returns the types that can be matched among those named, and the names that no type of the tenant has. Asks no
/// storage: a permit is held meanwhile.
fn select_types(known: &TenantTypes, named: &[String]) -> (Vec<Arc<ActiveType>>, Vec<String>) {
    if named.is_empty() {
        return (known.active.clone(), Vec::new());
    }
    let (mut types, mut unknown) = (Vec::new(), Vec::new());
    let mut chosen = vec![false; known.active.len()];
    for name in named {
        let found = name.parse::<SensitiveTypeId>().ok().and_then(|id| known.find(id));
        match found {
            None => unknown.push(name.clone()),
            // A type whose store has no data is known and finds nothing.
            Some(None) => {}
            Some(Some(position)) => {
                if let (Some(taken), Some(active)) = (chosen.get_mut(position), known.active.get(position))
                    && !std::mem::replace(taken, true)
                {
                    types.push(active.clone());
                }
            }
        }
    }
    (types, unknown)
}

/// Fails where matches might be left in the redacted text: half a redaction is none.
fn refuse_incomplete(report: &MatchReport) -> Result<(), Error> {
    if report.timed_out {
        let message = "the text could not be searched in the given time, so it is not redacted: allow more time \
                       or send it in parts";
        return Err(Error::invalid("timeoutInMs", message));
    }
    let listed = report.types.iter().flat_map(|matched| &matched.limits);
    let unlisted = report.diagnostics.iter().flat_map(|diagnostic| &diagnostic.limits);
    // What lies beyond `proximityLimit` is no match by definition; what these leave out may be one.
    let incomplete = ["matchLimit", "rowCheckLimit", "rowSetLimit", "uniqueLimit"];
    match listed.chain(unlisted).find(|limit| incomplete.contains(&limit.code)) {
        Some(limit) => Err(Error::of(ErrorKind::RedactionIncomplete { limit: limit.code }).at("text")),
        None => Ok(()),
    }
}

/// Returns the type with a pattern for each primary that it may have. Where any column anchors, the anchors of one
/// record are one match at one place, and the other places would stay in the text.
fn naming_each_primary(active: &Arc<ActiveType>) -> Arc<ActiveType> {
    if active.patterns.iter().all(|pattern| pattern.primary.is_some()) {
        return active.clone();
    }
    let columns = active.generation.columns().as_slice();
    let mut patterns = Vec::new();
    for pattern in &active.patterns {
        if pattern.primary.is_some() {
            patterns.push(pattern.clone());
            continue;
        }
        let named = columns.iter().filter(|column| column.searchable);
        patterns
            .extend(named.map(|column| Pattern { primary: Some(column.name.clone()), ..pattern.clone() }));
    }
    Arc::new(ActiveType {
        id: active.id,
        name: active.name.clone(),
        recommended_confidence: active.recommended_confidence,
        patterns,
        generation: active.generation.clone(),
        default_type: active.default_type,
    })
}

/// Replaces what the report names. A pseudonym stands for the value in canonical form, so that two spellings of one
/// value get one pseudonym.
fn replace(
    query: &Query<'_>,
    report: &edm_engine::Report,
    replacement: Replacement,
    pseudonyms: &Pseudonyms,
) -> String {
    let column = |type_index: usize, position: usize| {
        let active = query.types.get(type_index)?;
        Some((active, active.generation.columns().as_slice().get(position)?))
    };
    let name =
        |type_index, position| column(type_index, position).map_or(String::new(), |(_, c)| c.name.clone());
    let pseudonym = |place: edm_engine::Place<'_>| {
        let Some((active, column)) = column(place.type_index, place.column) else { return String::new() };
        let mut canonical = Vec::new();
        let canonicaliser = Canonicaliser::new(&column.rule, active.generation.tokens_max());
        // One value has one pseudonym, however it is written: with escapes too.
        let decoded = decode_escapes(place.text);
        let text = decoded.as_ref().map_or(place.text, |decoded| decoded.text());
        canonicaliser.cell(text, &mut Folded::default(), &mut canonical);
        if canonical.is_empty() {
            canonical.extend_from_slice(place.text.as_bytes());
        }
        pseudonyms.token(&column.rule.canonical_bytes(), &canonical)
    };
    let style = match replacement {
        Replacement::Mask => Redaction::Mask,
        Replacement::Label => Redaction::Label,
        Replacement::Token => Redaction::Token(&pseudonym),
    };
    edm_engine::redact(query.text, report, &name, &style)
}

fn check_request(request: &MatchRequest) -> Result<(), Error> {
    let allowed = limits::REQUEST_ITEMS_MAX;
    let exempt_count: usize = request.exempt.iter().map(|(_, values)| values.len() + 1).sum();
    let counts = [
        ("sensitiveTypeIds", request.type_ids.len()),
        ("contentClassifications", request.candidates.len()),
        ("exempt", exempt_count),
    ];
    if let Some((target, _)) = counts.iter().find(|(_, count)| *count > allowed) {
        let allowed = allowed as u64;
        return Err(Error::of(ErrorKind::TooMany { what: Resource::RequestItem, allowed }).at(*target));
    }
    if !(1..=100).contains(&request.minimum_confidence) {
        return Err(Error::invalid("minimumConfidence", "minimumConfidence is 1 to 100"));
    }
    if request.timeout_ms == Some(0) {
        return Err(Error::invalid("timeoutInMs", "timeoutInMs is a positive number of milliseconds"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::match_report::{MatchedType, TypeDiagnostic};

    #[test]
    fn a_text_is_redacted_whole_or_not_at_all() {
        let check = |code: &'static str, allowed: u64, unlisted: bool, refused: bool| {
            let limits = vec![edm_engine::Limit { code, allowed }];
            let id = SensitiveTypeId::from_random_bytes([1; 16]);
            let mut report = MatchReport {
                text: String::new(),
                types: Vec::new(),
                diagnostics: Vec::new(),
                unknown_type_ids: Vec::new(),
                timed_out: false,
            };
            if unlisted {
                report.diagnostics.push(TypeDiagnostic { id, limits, unmatched: Vec::new() });
            } else {
                report.types.push(MatchedType {
                    id,
                    name: String::new(),
                    recommended_confidence: 75,
                    confidence: 85,
                    unique_count: 1,
                    counts: Vec::new(),
                    matches: Vec::new(),
                    truncated: code == "matchLimit",
                    limits,
                });
            }
            let kind = refuse_incomplete(&report).err().map(|error| error.kind().clone());
            let expected = refused.then_some(ErrorKind::RedactionIncomplete { limit: code });
            assert_eq!(kind, expected, "{code}, unlisted: {unlisted}");
        };
        for unlisted in [false, true] {
            check("matchLimit", 10_000, unlisted, true);
            check("rowCheckLimit", 1 << 24, unlisted, true);
            check("rowSetLimit", 256, unlisted, true);
            check("uniqueLimit", 65_536, unlisted, true);
            check("proximityLimit", 65_536, unlisted, false);
        }
    }

    #[tokio::test]
    async fn a_full_queue_refuses_before_any_work_and_frees_its_places() {
        let queue = MatchQueue::new(1, 1);
        let first = queue.enter().await.expect("the first runs");
        let waiting = queue.enter();
        tokio::pin!(waiting);
        assert!(futures::poll!(waiting.as_mut()).is_pending(), "the second waits");
        assert_eq!(queue.load(), (1, 1));
        let refused = queue.enter().await.err().expect("the third is refused");
        assert_eq!(refused.kind(), &ErrorKind::Busy { retry_after_seconds: 1 });
        drop(first);
        let second = waiting.await.expect("the second runs");
        assert_eq!(queue.load(), (1, 0));
        drop(second);
        assert_eq!(queue.load(), (0, 0));
    }
}
