//! `classifyExactMatches` and `redactExactMatches`. The text lives as long as the request and is never logged.

use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use axum::response::Response;
use edm_graph::query::Place;
use edm_graph::{ClassificationResult, ClassifyRequest, RedactRequest, RedactionResult, ReplacementWord};
use edm_service::{CandidateSpan, MatchRequest, Replacement};
use http::{StatusCode, header};

use crate::app::App;
use crate::body::JsonBody;
use crate::call::Call;
use crate::error::{ApiError, HttpProblem};
use crate::handlers::NONE;
use crate::{present_report, respond};

/// What is said to the two other forms of a text, which this version does not read.
const ONLY_JSON: &str = "application/json with the text in the property 'text' (text/plain and application/x-ndjson are not served yet)";

pub(crate) async fn classify(
    State(app): State<Arc<App>>,
    call: Call,
    request: Request,
) -> Result<Response, ApiError> {
    call.options(&NONE, Place::Action)?;
    let JsonBody(body, _permit) = json_text(&app, request).await?;
    let request = ClassifyRequest::read(&body)?;
    drop(body);
    let candidate = |span: &edm_graph::CandidateSpan| CandidateSpan {
        offset_utf16: span.offset,
        length_utf16: span.length,
    };
    let query = MatchRequest {
        text: request.text,
        type_ids: request.sensitive_type_ids,
        minimum_confidence: request.minimum_confidence,
        candidates: request.candidates.iter().map(candidate).collect(),
        exempt: request.exempt,
        explain: request.explain,
        timeout_ms: request.timeout_ms,
    };
    let report = app.service.classify(&call.principal, query).await?;
    let result = ClassificationResult {
        classification: present_report::classification(&report),
        errors: present_report::errors(&report),
        diagnostics: present_report::diagnostics(&report),
    };
    Ok(respond::json(StatusCode::OK, &result))
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
    let query = MatchRequest {
        text: request.text,
        type_ids: request.sensitive_type_ids,
        minimum_confidence: request.minimum_confidence,
        candidates: Vec::new(),
        exempt: Vec::new(),
        explain: false,
        timeout_ms: request.timeout_ms,
    };
    let redacted = app.service.redact(&call.principal, query, replacement).await?;
    let result = RedactionResult {
        classification: present_report::classification(&redacted.report),
        errors: present_report::errors(&redacted.report),
        text: redacted.text,
    };
    Ok(respond::json(StatusCode::OK, &result))
}

/// Reads the body where it is JSON; the two other forms are named, so that nobody guesses.
async fn json_text(app: &Arc<App>, request: Request) -> Result<JsonBody, ApiError> {
    let media_type =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media_type = media_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if matches!(media_type.as_str(), "text/plain" | "application/x-ndjson") {
        return Err(HttpProblem::UnsupportedMediaType { expected: ONLY_JSON }.into());
    }
    JsonBody::from_request(request, app).await
}
