//! `classifyExactMatches` and `redactExactMatches`. The text lives as long as the request and is never logged.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use edm_graph::query::{Place, QueryOptions};
use edm_graph::{ClassifyOptions, ClassifyRequest, RedactRequest, RedactionResult, ReplacementWord};
use edm_model::Right;
use edm_service::{CandidateSpan, MatchOptions, Replacement};
use http::{StatusCode, header};

use crate::app::App;
use crate::body::{JsonBody, JsonBytes};
use crate::call::{Call, Needs, authorised};
use crate::error::ApiError;
use crate::handlers::{NONE, text_lines, text_stream};
use crate::{present_report, respond};

/// What a text may come in.
const MEDIA_TYPES: &str = "application/json, text/plain or application/x-ndjson";

pub(crate) async fn classify(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let needs = Some(Needs(Right::Classify));
    let principal = authorised(request.headers(), needs, &app).await?;
    QueryOptions::parse(request.uri().query(), &NONE, Place::Action)?;
    let media_type = media_type(&request);
    if media_type.eq_ignore_ascii_case("application/x-ndjson") {
        return text_lines::classify(app, principal, request).await;
    }
    if media_type.eq_ignore_ascii_case("text/plain") {
        return text_stream::classify(app, principal, request).await;
    }
    let (parts, body) = request.into_parts();
    let JsonBytes(body, _permit) = JsonBytes::read(body, &parts.headers, &app, MEDIA_TYPES).await?;
    let ClassifyRequest { text, options } = ClassifyRequest::read(&body)?;
    let report = app.service.classify(&principal, text, match_options(options)).await?;
    Ok(respond::json(StatusCode::OK, &present_report::result(report)))
}

fn media_type(request: &Request) -> &str {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or("").split(';').next().unwrap_or("").trim()
}

pub(crate) fn match_options(options: ClassifyOptions) -> MatchOptions {
    let candidate = |span: &edm_graph::CandidateSpan| CandidateSpan {
        offset_utf16: span.offset,
        length_utf16: span.length,
    };
    MatchOptions {
        type_ids: options.sensitive_type_ids,
        minimum_confidence: options.minimum_confidence,
        candidates: options.candidates.iter().map(candidate).collect(),
        exempt: options.exempt,
        explain: options.explain,
        timeout_ms: options.timeout_ms,
    }
}

pub(crate) async fn redact(
    State(app): State<Arc<App>>,
    call: Call,
    JsonBody(body, _permit): JsonBody,
) -> Result<Response, ApiError> {
    call.options(&NONE, Place::Action)?;
    let request = RedactRequest::read(&body)?;
    drop(body);
    let replacement = match request.replacement {
        ReplacementWord::Mask => Replacement::Mask,
        ReplacementWord::Label => Replacement::Label,
        ReplacementWord::Token => Replacement::Token,
    };
    let options = MatchOptions {
        type_ids: request.sensitive_type_ids,
        minimum_confidence: request.minimum_confidence,
        timeout_ms: request.timeout_ms,
        ..MatchOptions::default()
    };
    let redacted = app.service.redact(&call.principal, request.text, options, replacement).await?;
    let result = RedactionResult {
        errors: present_report::errors(&redacted.report),
        classification: present_report::classification(redacted.report.types),
        text: redacted.text,
        ..RedactionResult::default()
    };
    Ok(respond::json(StatusCode::OK, &result))
}
