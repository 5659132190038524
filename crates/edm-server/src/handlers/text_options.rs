//! Converts the options of matching from the wire to the service.

use edm_graph::schema::actions::CLASSIFY;
use edm_graph::{ClassifyOptions, Telling};
use edm_service::{CandidateSpan, MatchOptions};
use http::request::Parts;

use crate::error::ApiError;
use crate::handling::Handled;

/// Reads the options from the query, for a body that is the text itself.
pub(crate) fn query_options(head: &Parts) -> Result<(MatchOptions, Telling, Handled), ApiError> {
    let mut handled = Handled::wished(&head.headers);
    let (options, ignored) = ClassifyOptions::from_query(head.uri.query(), &CLASSIFY, handled.wished)?;
    handled.ignored = ignored;
    let telling = options.telling;
    Ok((match_options(options), telling, handled))
}

/// Converts the options of the wire for the service.
pub(crate) fn match_options(options: ClassifyOptions) -> MatchOptions {
    let candidate = |span: &edm_graph::CandidateSpan| CandidateSpan {
        offset_units: span.offset,
        length_units: span.length,
    };
    MatchOptions {
        type_ids: options.sensitive_type_ids,
        minimum_confidence: Some(options.minimum_confidence),
        candidates: options.candidates.iter().map(candidate).collect(),
        offset_unit: options.telling.offset_unit,
        exempt: options.exempt,
        explain: options.explain,
        timeout_ms: options.timeout_ms,
        ..MatchOptions::default()
    }
}
