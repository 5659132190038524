//! `classifyExactMatches` and `redactExactMatches`. The text lives as long as the request and is
//! never logged.

use std::sync::Arc;

use edm_graph::query::{Place, QueryOptions};
use edm_graph::{ClassifyRequest, RedactRequest, RedactionResult, ReplacementWord};
use edm_model::Principal;
use edm_service::{MatchOptions, Replacement};
use http::{StatusCode, header};
use zeroize::Zeroize;

use crate::authenticated::Call;
use crate::body::{JsonBytes, lease};
use crate::error::ApiError;
use crate::exchange::Exchange;
use crate::handlers::shapes::NONE;
use crate::handlers::text_options::match_options;
use crate::handlers::{classify_ndjson, classify_stream};
use crate::handling::Handled;
use crate::message::{Request, Response};
use crate::{respond, to_wire};

/// The media types of a text.
const MEDIA_TYPES: &str = "application/json, text/plain or application/x-ndjson";

pub(crate) async fn classify(exchange: Exchange, principal: Arc<Principal>) -> Result<Response, ApiError> {
    QueryOptions::parse(exchange.request.uri().query(), &NONE, Place::Action)?;
    let media_type = media_type(&exchange.request);
    if media_type.eq_ignore_ascii_case("application/x-ndjson") {
        return classify_ndjson::classify(exchange, principal).await;
    }
    if media_type.eq_ignore_ascii_case("text/plain") {
        return classify_stream::classify(exchange, principal).await;
    }
    let Exchange { app, caller, request, .. } = exchange;
    let (parts, body) = request.into_parts();
    let lease = lease(&caller)?;
    let JsonBytes(body, _lease) = JsonBytes::read(body, &parts.headers, &app, lease, MEDIA_TYPES).await?;
    let mut handled = Handled::wished(&parts.headers);
    let (ClassifyRequest { text, options }, ignored) = ClassifyRequest::parse(&body, handled.wished)?;
    handled.ignored = ignored;
    let telling = options.telling;
    let report = app.service.classify(&principal, text, match_options(options)).await?;
    let mut response = respond::json(StatusCode::OK, &to_wire::report::result(report, telling));
    handled.add_to(&mut response);
    Ok(response)
}

fn media_type(request: &Request) -> &str {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or("").split(';').next().unwrap_or("").trim()
}

pub(crate) async fn redact(call: Call, request: Request) -> Result<Response, ApiError> {
    let (request, _lease) = call.json::<RedactRequest>(request).await?;
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
    let redacted = call.app.service.redact(&call.principal, request.text, options, replacement).await?;
    let mut result = RedactionResult {
        below_threshold_count: redacted.below_threshold_count,
        errors: to_wire::report::errors(&redacted.report),
        classification: to_wire::report::classification(redacted.report.types, request.telling),
        text: redacted.text,
    };
    let response = respond::json(StatusCode::OK, &result);
    // The redacted text is wiped too, because a part that was not found may still be sensitive.
    result.text.zeroize();
    Ok(response)
}
