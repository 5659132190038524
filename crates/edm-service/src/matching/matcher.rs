//! Texts are matched: a permit first, then the scan on a thread that may block, then names for positions.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use edm_engine::{ActiveType, CandidateSpan, Exempt, JoinedTexts, PreparedTypes, Query, Redaction, Scratch};
use edm_hash::{Canonicaliser, Folded, decode_escapes};
use edm_model::{OffsetUnit, Pattern, Principal, Right, Wiped, limits};

use crate::error::{Error, ErrorKind, Resource};
use crate::matching::deadline::Deadline;
use crate::matching::queue::{Admission, Leave};
use crate::matching::report::{MatchReport, Omission, OmissionReason};
use crate::matching::wiped_text::WipedText;
use crate::secrets::key_ring::Pseudonyms;
use crate::serve::tenant_types::SelectedTypes;
use crate::service::{Service, off_thread, require};

const TIMEOUT_MS_MAX: u64 = 600_000;
/// Bytes of the longest text that counts as short: it is tried on the thread of its request, since handing one over costs more than
/// most such texts take, and among many it is looked at together with others.
const BRIEF_TEXT_BYTES_MAX: usize = 8 * 1024;
/// How long such a try may hold up the other requests of its thread.
const BRIEF_MICROS: i64 = 1_000;
/// Bytes of short texts that are looked at together: more of them are no faster (`docs/decisions/0022-short-texts-together.md`).
const JOINED_BYTES: usize = 32 * 1024;

/// What to look for in a text, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchOptions {
    /// The types to look for, as they were named; empty is all of them.
    pub type_ids: Vec<String>,
    /// Matches below are counted, not listed; `None`: of a classification none is below, and of a redaction those are that each
    /// type does not cover.
    pub minimum_confidence: Option<u8>,
    /// Where primary values must stand; everywhere if empty.
    pub candidates: Vec<CandidateSpan>,
    /// What places are counted in: those of candidates and those that are told.
    pub offset_unit: OffsetUnit,
    /// Columns, and values whose rows are left out.
    pub exempt: Vec<(String, Vec<String>)>,
    /// Whether to say why values that were found are no match.
    pub explain: bool,
    /// How long a text may take.
    pub timeout_ms: Option<u64>,
    /// What happens where the live data of a type cannot be read.
    pub unavailable: Unavailable,
}

/// What happens where no type is named and the live data of one cannot be read. Whoever names the type is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unavailable {
    /// The report tells it.
    #[default]
    Told,
    /// The request is refused: half a redaction is none, and nobody looks again at what a job says.
    Refused,
}

impl Default for MatchOptions {
    /// Everything, everywhere.
    fn default() -> Self {
        Self {
            type_ids: Vec::new(),
            minimum_confidence: None,
            candidates: Vec::new(),
            offset_unit: OffsetUnit::Utf16,
            exempt: Vec::new(),
            explain: false,
            timeout_ms: None,
            unavailable: Unavailable::Told,
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
    /// Matches that were found and left, because their confidence is too low.
    pub below_threshold_count: u32,
}

/// Tells a scan that nobody waits for it any more, once it is dropped.
pub struct Abandon(Arc<AtomicBool>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Leave to match texts, one after another, with what was live when it was given. Holds a place among the texts that are
/// matched at once until it is dropped.
pub struct Matcher {
    types: Arc<PreparedTypes>,
    unknown_type_ids: Vec<String>,
    omissions: Vec<Omission>,
    candidates: Vec<CandidateSpan>,
    offset_unit: OffsetUnit,
    exempt: Vec<Exempt>,
    minimum_confidence: u8,
    /// For each type another one, if it is not empty.
    minimum_by_type: Vec<u8>,
    explain: bool,
    timeout_micros: i64,
    service: Service,
    abandoned: Arc<AtomicBool>,
    leave: Option<Leave>,
}

/// Texts that are matched one after another, with the same scratch; short ones are looked at together first.
pub struct Texts<'a> {
    matcher: &'a Matcher,
    scratch: Scratch,
    waiting: JoinedTexts,
}

impl Texts<'_> {
    /// Lets a text wait for [`Texts::classify_waiting`], behind those that wait already. False, and it does not, if it is
    /// too long or enough of them do.
    #[must_use]
    pub fn join(&mut self, text: &str) -> bool {
        let joins = text.len() <= BRIEF_TEXT_BYTES_MAX && self.waiting.bytes() < JOINED_BYTES;
        if joins {
            self.waiting.push(text);
        }
        joins
    }

    /// Finds the records in each of the texts that wait, as [`Texts::classify`] does, and hands over the reports in the
    /// order of the texts. None waits any more.
    pub fn classify_waiting(&mut self, mut each: impl FnMut(MatchReport)) {
        let matcher = self.matcher;
        let deadline = matcher.deadline();
        let Self { waiting, scratch, .. } = self;
        waiting.look(&matcher.query("", &deadline, &|| matcher.should_stop(&deadline)), scratch);
        // So short a text holds nothing that would take long to tell.
        let untold = Deadline::default();
        for index in 0..waiting.len() {
            // Its time begins when it is first asked about: of most nothing is asked any more.
            let deadline = OnceLock::new();
            let should_stop = || matcher.should_stop(deadline.get_or_init(|| matcher.deadline()));
            let report = waiting.scan(index, &matcher.query("", &untold, &should_stop), scratch);
            each(matcher.named(report));
        }
        waiting.clear();
    }

    /// Finds the records in the next text, as [`Matcher::classify`] does.
    pub fn classify(&mut self, text: &str) -> MatchReport {
        let matcher = self.matcher;
        let deadline = matcher.deadline();
        let should_stop = || matcher.should_stop(&deadline);
        matcher.named(edm_engine::scan(&matcher.query(text, &deadline, &should_stop), &mut self.scratch))
    }
}

impl Drop for Texts<'_> {
    fn drop(&mut self) {
        self.matcher.service.inner.matches.scratches.give_back(std::mem::take(&mut self.scratch));
    }
}

impl Matcher {
    /// Finds the records in a text. Takes as long as the text needs: not for threads that must not block.
    pub fn classify(&self, text: &str) -> MatchReport {
        self.scan(text, |_, report| self.named(report))
    }

    /// Begins to match texts one after another.
    pub fn texts(&self) -> Texts<'_> {
        let scratch = self.service.inner.matches.scratches.take();
        Texts { matcher: self, scratch, waiting: JoinedTexts::new() }
    }

    /// Returns what stops the work when it is dropped: for the side that waits for the answer.
    pub fn abandon_on_drop(&self) -> Abandon {
        Abandon(self.abandoned.clone())
    }

    /// Finds the records in a text if it is short and takes next to no time; else the work is given up.
    fn classify_briefly(&self, text: &str) -> Option<MatchReport> {
        if text.len() > BRIEF_TEXT_BYTES_MAX {
            return None;
        }
        let deadline = self.deadline_after(self.timeout_micros.min(BRIEF_MICROS));
        let report = self.scan_until(&self.deadline_at(deadline), text, |_, report| self.named(report));
        (!report.timed_out).then_some(report)
    }

    fn scan<T>(&self, text: &str, then: impl FnOnce(&Query<'_>, edm_engine::Report) -> T) -> T {
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
        let scratches = &self.service.inner.matches.scratches;
        let mut scratch = scratches.take();
        let report = edm_engine::scan(&query, &mut scratch);
        scratches.give_back(scratch);
        then(&query, report)
    }

    /// Hands over the leave, so that it can be given back while nothing is to be matched.
    pub(crate) fn take_leave(&mut self) -> Option<Leave> {
        self.leave.take()
    }

    /// Lets others go on until there is something to match.
    pub(crate) fn give_back(&mut self) {
        if let Some(leave) = &mut self.leave {
            leave.give_back();
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
        self.service.now().as_micros().saturating_add(micros)
    }

    /// Says whether nobody waits any more, or the moment has come.
    pub(crate) fn should_stop(&self, deadline: &Deadline) -> bool {
        self.abandoned.load(Ordering::Acquire) || deadline.is_met(self.service.now().as_micros())
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
            exempt: &self.exempt,
            explain: self.explain,
            should_stop,
            progress: Some(&deadline.progress),
            ..Query::new(text, &self.types)
        }
    }

    pub(crate) fn named(&self, report: edm_engine::Report) -> MatchReport {
        let aside = (self.unknown_type_ids.clone(), self.omissions.clone());
        MatchReport::of(report, self.types.types(), aside)
    }
}

impl Service {
    /// Finds the records of the tenant's stores in a text.
    pub async fn classify<'a>(
        &self,
        principal: &Principal,
        text: impl Into<Cow<'a, str>>,
        options: MatchOptions,
    ) -> Result<MatchReport, Error> {
        let text = WipedText::new(text);
        let matcher = self.matcher(principal, options, Admission::New, text.len()).await?;
        if let Some(report) = matcher.classify_briefly(&text) {
            return Ok(report);
        }
        let text = text.into_owned();
        let _abandon = matcher.abandon_on_drop();
        // The matcher goes with the work: an abandoned scan holds its place until it has really ended.
        off_thread(move || matcher.classify(&text)).await
    }

    /// Finds the records of the tenant's stores in a text and replaces them.
    pub async fn redact(
        &self,
        principal: &Principal,
        text: impl Into<String>,
        options: MatchOptions,
        replacement: Replacement,
    ) -> Result<Redacted, Error> {
        let text = Wiped::from(text.into());
        // Limits of a type without a listed match stand in the diagnostics only.
        let by_type = options.minimum_confidence.is_none();
        let options = MatchOptions { explain: true, unavailable: Unavailable::Refused, ..options };
        let mut matcher = self.matcher(principal, options, Admission::New, text.len()).await?;
        refuse_unlooked(&matcher)?;
        matcher.types = naming_each_primary(matcher.types);
        if by_type {
            matcher.minimum_by_type =
                matcher.types.types().iter().map(|active| active.redact_confidence).collect();
        }
        let pseudonyms = self.inner.seals.pseudonyms(principal.tenant);
        let _abandon = matcher.abandon_on_drop();
        let (report, redacted) = off_thread(move || {
            matcher.scan(&text, |query, report| {
                let redacted = replace(query, &report, replacement, &pseudonyms);
                (matcher.named(report), redacted)
            })
        })
        .await?;
        refuse_incomplete(&report, &redacted)?;
        let below_threshold_count = u32::try_from(redacted.left_count).unwrap_or(u32::MAX);
        let report = MatchReport { diagnostics: Vec::new(), ..report };
        Ok(Redacted { text: redacted.text, report, below_threshold_count })
    }

    /// Gives leave to match texts of so many bytes together. Waits for a place, in turn with other principals; fails when
    /// too many wait already.
    pub async fn matcher(
        &self,
        principal: &Principal,
        options: MatchOptions,
        admission: Admission,
        text_bytes: usize,
    ) -> Result<Matcher, Error> {
        require(principal, Right::Classify)?;
        check_options(&options)?;
        if !self.is_ready() {
            return Err(Error::of(ErrorKind::NotReady));
        }
        let leave = self.inner.matches.enter(&principal.id, text_bytes, admission).await?;
        let SelectedTypes { types, unknown, omissions, unavailable } =
            self.inner.library.types(principal.tenant).select(&options.type_ids);
        let must = !options.type_ids.is_empty() || options.unavailable == Unavailable::Refused;
        if must && !unavailable.is_empty() {
            return Err(Error::data_unavailable(&unavailable).at("sensitiveTypeIds"));
        }
        let timeout_ms = options.timeout_ms.unwrap_or(self.limits().match_timeout_ms_default);
        let exempt = options.exempt.into_iter().map(|(column, values)| Exempt { column, values });
        Ok(Matcher {
            types,
            unknown_type_ids: unknown,
            omissions,
            candidates: options.candidates,
            offset_unit: options.offset_unit,
            exempt: exempt.collect(),
            minimum_confidence: options.minimum_confidence.unwrap_or(1),
            minimum_by_type: Vec::new(),
            explain: options.explain,
            timeout_micros: i64::try_from(timeout_ms.min(TIMEOUT_MS_MAX) * 1_000).unwrap_or(i64::MAX),
            service: self.clone(),
            abandoned: Arc::default(),
            leave: Some(leave),
        })
    }
}

/// Fails where a text would come back as it was because nobody looked at it for something that was asked for. The table before
/// the live one counts as looked at: the store's owner wants it so.
fn refuse_unlooked(matcher: &Matcher) -> Result<(), Error> {
    if !matcher.unknown_type_ids.is_empty() {
        let message = "there is no sensitive type of one of these ids, so the text is not redacted: list \
                       /dataClassification/sensitiveTypes";
        return Err(Error::invalid("sensitiveTypeIds", message));
    }
    let unlooked = matcher.omissions.iter().find(|omission| omission.reason != OmissionReason::DataStale);
    match unlooked {
        Some(omission) => {
            // Only a damaged file may come back by itself; what is not there yet stays away until somebody brings it.
            let kind = match omission.reason {
                OmissionReason::DataUnavailable => ErrorKind::DataUnavailable,
                _ => ErrorKind::NothingLookedFor,
            };
            let message = format!("the text is not redacted: {}", omission.sentence());
            Err(Error::with_message(kind, message).at("sensitiveTypeIds"))
        }
        None => Ok(()),
    }
}

/// Fails where matches might be left in the redacted text: half a redaction is none.
fn refuse_incomplete(report: &MatchReport, redacted: &edm_engine::Redacted) -> Result<(), Error> {
    if report.timed_out || redacted.unfinished {
        let message = "the text could not be searched in the given time, so it is not redacted: allow more time \
                       or send it in parts";
        return Err(Error::invalid("timeoutInMs", message));
    }
    let listed = report.types.iter().flat_map(|matched| &matched.limits);
    let unlisted = report.diagnostics.iter().flat_map(|diagnostic| &diagnostic.limits);
    // What lies beyond `proximityLimit` is no match by definition; what these leave out may be one.
    let incomplete = ["matchLimit", "rowCheckLimit", "rowSetLimit", "uniqueLimit"];
    match listed.chain(unlisted).chain(&redacted.limits).find(|limit| incomplete.contains(&limit.code)) {
        Some(limit) => Err(Error::of(ErrorKind::RedactionIncomplete { limit: limit.code }).at("text")),
        None => Ok(()),
    }
}

/// Returns the types with a pattern for each primary that they may have. Where any column anchors, the anchors of one
/// record are one match at one place, and the other places would stay in the text.
fn naming_each_primary(types: Arc<PreparedTypes>) -> Arc<PreparedTypes> {
    let names_each =
        |active: &Arc<ActiveType>| active.patterns.iter().all(|pattern| pattern.primary.is_some());
    if types.types().iter().all(names_each) {
        return types;
    }
    let named = |active| if names_each(active) { active.clone() } else { with_each_primary(active) };
    Arc::new(PreparedTypes::apart(types.types().iter().map(named)))
}

fn with_each_primary(active: &ActiveType) -> Arc<ActiveType> {
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
        redact_confidence: active.redact_confidence,
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
) -> edm_engine::Redacted {
    let column = |type_index: usize, position: usize| {
        let active = query.types.types().get(type_index).expect("a report names types of its own query");
        let columns = active.generation.columns().as_slice();
        (active, columns.get(position).expect("a report names columns of its type's table"))
    };
    let name = |type_index, position| column(type_index, position).1.name.clone();
    let pseudonym = |place: edm_engine::Place<'_>| {
        let (active, column) = column(place.type_index, place.column);
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
    edm_engine::redact(query, report, &name, &style)
}

fn check_options(options: &MatchOptions) -> Result<(), Error> {
    let allowed = limits::REQUEST_ITEMS_MAX;
    let exempt_count: usize = options.exempt.iter().map(|(_, values)| values.len() + 1).sum();
    let counts = [
        ("sensitiveTypeIds", options.type_ids.len()),
        ("contentClassifications", options.candidates.len()),
        ("exempt", exempt_count),
    ];
    if let Some((target, _)) = counts.iter().find(|(_, count)| *count > allowed) {
        let allowed = allowed as u64;
        return Err(Error::of(ErrorKind::TooMany { what: Resource::RequestItem, allowed }).at(*target));
    }
    if options.minimum_confidence.is_some_and(|confidence| !(1..=100).contains(&confidence)) {
        return Err(Error::invalid("minimumConfidence", "minimumConfidence is 1 to 100"));
    }
    if options.timeout_ms == Some(0) {
        return Err(Error::invalid("timeoutInMs", "timeoutInMs is a positive number of milliseconds"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use edm_model::SensitiveTypeId;

    use super::*;
    use crate::matching::report::{MatchedType, TypeDiagnostic};

    #[test]
    fn a_text_is_redacted_whole_or_not_at_all() {
        let check = |code: &'static str, allowed: u64, unlisted: bool, refused: bool| {
            // Met in the text as it came, or in the redacted one.
            let again = edm_engine::Redacted {
                limits: vec![edm_engine::Limit { code, allowed }],
                ..edm_engine::Redacted::default()
            };
            let limits = vec![edm_engine::Limit { code, allowed }];
            let id = SensitiveTypeId::from_random_bytes([1; 16]);
            let mut report = MatchReport {
                types: Vec::new(),
                diagnostics: Vec::new(),
                unknown_type_ids: Vec::new(),
                omissions: Vec::new(),
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
            let expected = refused.then_some(ErrorKind::RedactionIncomplete { limit: code });
            let kind = |report: &MatchReport, redacted: &edm_engine::Redacted| {
                refuse_incomplete(report, redacted).err().map(|error| error.kind().clone())
            };
            let clean = edm_engine::Redacted::default();
            assert_eq!(kind(&report, &clean), expected, "{code}, unlisted: {unlisted}");
            report.types.clear();
            report.diagnostics.clear();
            assert_eq!(kind(&report, &again), expected, "{code} in the redacted text");
            assert_eq!(kind(&report, &clean), None);
            let unfinished = edm_engine::Redacted { unfinished: true, ..clean };
            assert!(kind(&report, &unfinished).is_some());
        };
        for unlisted in [false, true] {
            check("matchLimit", 10_000, unlisted, true);
            check("rowCheckLimit", 1 << 24, unlisted, true);
            check("rowSetLimit", 256, unlisted, true);
            check("uniqueLimit", 65_536, unlisted, true);
            check("proximityLimit", 65_536, unlisted, false);
        }
    }
}
