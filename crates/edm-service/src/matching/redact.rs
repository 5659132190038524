//! Texts with their matches replaced: whole, or not at all.

use std::sync::Arc;

use edm_engine::{ActiveType, Limit, PreparedTypes, Query, Redaction, Report, Unfinished};
use edm_hash::{Canonicaliser, Folded, decode_escapes};
use edm_model::{Pattern, Wiped};

use crate::access::authorise::{Classify, Grant};
use crate::error::{Error, ErrorKind, RedactionGap};
use crate::matching::matcher::{Matcher, Matching};
use crate::matching::options::{MatchOptions, Unavailable};
use crate::matching::queue::Admission;
use crate::matching::report::MatchReport;
use crate::run_blocking::run_blocking;
use crate::secrets::pseudonyms::Pseudonyms;
use crate::serve::omission::OmissionReason;

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

impl Matching {
    /// Finds the records of the tenant's stores in a text and replaces them.
    pub(crate) async fn redact(
        &self,
        grant: &Grant<'_, Classify>,
        text: impl Into<String>,
        options: MatchOptions,
        replacement: Replacement,
    ) -> Result<Redacted, Error> {
        let text = Wiped::from(text.into());
        // The limits of a type without a listed match are in the diagnostics only.
        let by_type = options.minimum_confidence.is_none();
        let options = MatchOptions { explain: true, unavailable: Unavailable::Refused, ..options };
        let mut matcher = self.matcher(grant, options, Admission::New, text.len()).await?;
        refuse_omitted(&matcher)?;
        matcher.types = naming_each_primary(matcher.types);
        if by_type {
            matcher.minimum_by_type =
                matcher.types.types().iter().map(|active| active.redact_confidence).collect();
        }
        let pseudonyms = self.pseudonyms(grant.tenant());
        let _cancel = matcher.cancel_on_drop();
        let (report, redacted) = run_blocking(move || {
            matcher.scan(&text, |query, report| {
                refuse_unsearched(&report)?;
                let redacted = replace(query, &report, replacement, &pseudonyms);
                refuse_unfinished(&redacted)?;
                Ok::<_, Error>((matcher.named(report), redacted))
            })
        })
        .await??;
        let below_threshold_count = u32::try_from(redacted.left_count).unwrap_or(u32::MAX);
        let report = MatchReport { diagnostics: Vec::new(), ..report };
        Ok(Redacted { text: redacted.text, report, below_threshold_count })
    }
}

/// Fails where a requested type is not searched: the text would come back unchanged. A search of
/// the previous data counts, because the store is configured so.
fn refuse_omitted(matcher: &Matcher) -> Result<(), Error> {
    if !matcher.unsearched.unknown_type_ids.is_empty() {
        let message = "there is no sensitive type of one of these ids, so the text is not redacted: list \
                       /dataClassification/sensitiveTypes";
        return Err(Error::invalid("sensitiveTypeIds", message));
    }
    let omitted =
        matcher.unsearched.omissions.iter().find(|omission| omission.reason != OmissionReason::DataStale);
    match omitted {
        Some(omission) => {
            // A damaged file may be restored at any time, so trying again can help; missing data
            // has to be uploaded first.
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

/// Fails if the text has matches that the report does not list. Replacing the listed ones would be
/// wasted work.
fn refuse_unsearched(report: &Report) -> Result<(), Error> {
    let listed = report.types.iter().flat_map(|found| &found.limits);
    // The limits of a type without a listed match.
    let unlisted = report.diagnostics.iter().flat_map(|found| &found.limits);
    refuse_hidden_matches(listed.chain(unlisted))?;
    if report.stopped { Err(out_of_time()) } else { Ok(()) }
}

/// Fails if matches may be left in the redacted text.
fn refuse_unfinished(redacted: &edm_engine::Redacted) -> Result<(), Error> {
    // A limit comes first: more time does not help if a limit hides matches.
    refuse_hidden_matches(redacted.limits.iter())?;
    match redacted.unfinished {
        None => Ok(()),
        Some(Unfinished::Stopped) => Err(out_of_time()),
        Some(Unfinished::RoundsUsedUp) => Err(incomplete(RedactionGap::RoundsUsedUp)),
    }
}

fn refuse_hidden_matches<'a>(mut limits: impl Iterator<Item = &'a Limit>) -> Result<(), Error> {
    match limits.find(|limit| limit.kind.may_hide_matches()) {
        Some(limit) => Err(incomplete(RedactionGap::Limit(limit.kind))),
        None => Ok(()),
    }
}

fn incomplete(cause: RedactionGap) -> Error {
    Error::of(ErrorKind::RedactionIncomplete { cause }).at("text")
}

fn out_of_time() -> Error {
    let message = "the text could not be searched in the given time, so it is not redacted: allow more time \
                   or send it in parts";
    Error::invalid("timeoutInMs", message)
}

/// Returns the types with a pattern for each primary that they may have. Where any column anchors,
/// the anchors of one record are one match at one place, and the other places would stay in the
/// text.
fn naming_each_primary(types: Arc<PreparedTypes>) -> Arc<PreparedTypes> {
    let names_each =
        |active: &Arc<ActiveType>| active.patterns.iter().all(|pattern| pattern.primary.is_some());
    if types.types().iter().all(names_each) {
        return types;
    }
    let named = |active| if names_each(active) { active.clone() } else { with_each_primary(active) };
    Arc::new(PreparedTypes::prepare_without_combined_filter(types.types().iter().map(named)))
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

/// Replaces what the report names. A pseudonym is made of the canonical form, so that all spellings
/// of a value get the same one.
fn replace(
    query: &Query<'_>,
    report: &Report,
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

#[cfg(test)]
mod tests {
    use edm_engine::{Diagnostic, TypeReport};
    use edm_model::LimitKind;

    use super::*;

    fn kind_of(refused: Result<(), Error>) -> Option<ErrorKind> {
        refused.err().map(|error| error.kind().clone())
    }

    /// Returns a report of one type that met the limit, with a listed match or without.
    fn report_with(limit: Limit, unlisted: bool) -> Report {
        let mut report = Report::default();
        if unlisted {
            report.diagnostics.push(Diagnostic { type_index: 0, limits: vec![limit], unmatched: Vec::new() });
        } else {
            report.types.push(TypeReport {
                type_index: 0,
                confidence: 85,
                unique_count: 1,
                counts: Vec::new(),
                matches: Vec::new(),
                truncated: limit.kind == LimitKind::Matches,
                limits: vec![limit],
            });
        }
        report
    }

    /// A redaction that met a limit in many rounds, until its time or its rounds were used up, was
    /// refused for its time.
    #[test]
    fn a_text_is_redacted_whole_or_not_at_all() {
        let check = |kind: LimitKind, allowed: u64, hides: bool| {
            let limit = Limit { kind, allowed };
            let of_limit =
                hides.then_some(ErrorKind::RedactionIncomplete { cause: RedactionGap::Limit(kind) });
            for (unlisted, stopped) in [(false, false), (false, true), (true, false), (true, true)] {
                let report = Report { stopped, ..report_with(limit, unlisted) };
                let expected = of_limit.clone().or(stopped.then_some(ErrorKind::InvalidArgument));
                let refused = kind_of(refuse_unsearched(&report));
                assert_eq!(refused, expected, "{kind:?}, unlisted: {unlisted}, stopped: {stopped}");
            }
            let rounds = ErrorKind::RedactionIncomplete { cause: RedactionGap::RoundsUsedUp };
            for (unfinished, otherwise) in [
                (None, None),
                (Some(Unfinished::Stopped), Some(ErrorKind::InvalidArgument)),
                (Some(Unfinished::RoundsUsedUp), Some(rounds)),
            ] {
                let clean = edm_engine::Redacted { unfinished, ..edm_engine::Redacted::default() };
                assert_eq!(kind_of(refuse_unfinished(&clean)), otherwise);
                let met = edm_engine::Redacted { limits: vec![limit], ..clean };
                let expected = of_limit.clone().or(otherwise);
                assert_eq!(kind_of(refuse_unfinished(&met)), expected, "{kind:?} and {unfinished:?}");
            }
        };
        assert_eq!(kind_of(refuse_unsearched(&Report::default())), None);
        check(LimitKind::Matches, 10_000, true);
        check(LimitKind::RowChecks, 1 << 24, true);
        check(LimitKind::RowSet, 256, true);
        check(LimitKind::Unique, 65_536, true);
        check(LimitKind::Proximity, 65_536, false);
    }
}
