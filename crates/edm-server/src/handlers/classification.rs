//! `classifyExactMatches` and `redactExactMatches`. The text lives as long as the request and is never logged.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use edm_graph::query::{Place, QueryOptions};
use edm_graph::schema::actions::CLASSIFY;
use edm_graph::{ClassifyOptions, ClassifyRequest, RedactRequest, RedactionResult, ReplacementWord, Telling};
use edm_model::Right;
use edm_service::{CandidateSpan, MatchOptions, Replacement};
use http::request::Parts;
use http::{StatusCode, header};
use zeroize::Zeroize;

use crate::app::App;
use crate::authenticated::{Call, Needs, authorised};
use crate::body::{JsonBody, JsonBytes, lease};
use crate::error::ApiError;
use crate::handlers::{NONE, classify_ndjson, classify_stream};
use crate::handling::Handled;
use crate::{respond, to_wire};

/// What a text may come in.
const MEDIA_TYPES: &str = "application/json, text/plain or application/x-ndjson";

pub(crate) async fn classify(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let needs = Some(Needs(Right::Classify));
    let principal = authorised(request.headers(), needs, request.extensions().get(), &app).await?;
    QueryOptions::parse(request.uri().query(), &NONE, Place::Action)?;
    let media_type = media_type(&request);
    if media_type.eq_ignore_ascii_case("application/x-ndjson") {
        return classify_ndjson::classify(app, principal, request).await;
    }
    if media_type.eq_ignore_ascii_case("text/plain") {
        return classify_stream::classify(app, principal, request).await;
    }
    let (parts, body) = request.into_parts();
    let lease = lease(&parts.extensions)?;
    let JsonBytes(body, _lease) = JsonBytes::read(body, &parts.headers, &app, lease, MEDIA_TYPES).await?;
    let mut handled = Handled::wished(&parts.headers);
    let (ClassifyRequest { text, options }, ignored) = ClassifyRequest::parse(&body, handled.wished)?;
    handled.ignored = ignored;
    let telling = options.telling;
    let report = app.service.classify(&principal, text, match_options(options)).await?;
    let mut response = respond::json(StatusCode::OK, &to_wire::report::result(report, telling));
    handled.tell(&mut response);
    Ok(response)
}

/// Reads the options of a text that is the body itself.
pub(crate) fn query_options(head: &Parts) -> Result<(MatchOptions, Telling, Handled), ApiError> {
    let mut handled = Handled::wished(&head.headers);
    let (options, ignored) = ClassifyOptions::from_query(head.uri.query(), &CLASSIFY, handled.wished)?;
    handled.ignored = ignored;
    let telling = options.telling;
    Ok((match_options(options), telling, handled))
}

fn media_type(request: &Request) -> &str {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or("").split(';').next().unwrap_or("").trim()
}

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

pub(crate) async fn redact(
    State(app): State<Arc<App>>,
    call: Call,
    JsonBody(request, _lease): JsonBody<RedactRequest>,
) -> Result<Response, ApiError> {
    call.options(&NONE, Place::Action)?;
    let replacement = match request.replacement {
        ReplacementWord::Mask => Replacement::Mask,
        ReplacementWord::Label => Replacement::Label,
        ReplacementWord::Token => Replacement::Token,
    };
    let options = MatchOptions {
        type_ids: request.sensitive_type_ids,
        minimum_confidence: request.minimum_confidence,
        timeout_ms: request.timeout_ms,
        offset_unit: request.telling.offset_unit,
        ..MatchOptions::default()
    };
    let redacted = app.service.redact(&call.principal, request.text, options, replacement).await?;
    let mut result = RedactionResult {
        below_threshold_count: redacted.below_threshold_count,
        errors: to_wire::report::errors(&redacted.report),
        classification: to_wire::report::classification(redacted.report.types, request.telling),
        text: redacted.text,
    };
    let response = respond::json(StatusCode::OK, &result);
    // What nobody knew as a value may be one all the same.
    result.text.zeroize();
    Ok(response)
}
