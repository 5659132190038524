//! `classifyExactMatches` and `redactExactMatches`. The text lives as long as the request and is never logged.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use edm_graph::query::Place;
use edm_graph::{ClassifyOptions, ClassifyRequest, RedactRequest, RedactionResult, ReplacementWord};
use edm_service::{CandidateSpan, MatchOptions, Replacement};
use http::{StatusCode, header};

use crate::app::App;
use crate::body::JsonBody;
use crate::call::Call;
use crate::error::ApiError;
use crate::handlers::{NONE, text_lines, text_stream};
use crate::{present_report, respond};

/// What a text may come in.
const MEDIA_TYPES: &str = "application/json, text/plain or application/x-ndjson";

pub(crate) async fn classify(
    State(app): State<Arc<App>>,
    call: Call,
    request: Request,
) -> Result<Response, ApiError> {
    call.options(&NONE, Place::Action)?;
    match media_type(&request).as_str() {
        "application/x-ndjson" => text_lines::classify(app, call, request).await,
        "text/plain" => text_stream::classify(app, call, request).await,
        _ => {
            let JsonBody(body, _permit) = JsonBody::read(request, &app, MEDIA_TYPES).await?;
            let ClassifyRequest { text, options } = ClassifyRequest::read(&body)?;
            drop(body);
            let report = app.service.classify(&call.principal, text, match_options(options)).await?;
            Ok(respond::json(StatusCode::OK, &present_report::result(&report)))
        }
    }
}

fn media_type(request: &Request) -> String {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase()
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
        classification: present_report::classification(&redacted.report),
        errors: present_report::errors(&redacted.report),
        text: redacted.text,
    };
    Ok(respond::json(StatusCode::OK, &result))
}
