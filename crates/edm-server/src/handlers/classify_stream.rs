//! `classifyExactMatches` for `text/plain`: a text of any length, matched as it arrives, with one
//! result at the end.

use std::sync::Arc;

use edm_model::{Principal, limits};
use http::{HeaderMap, StatusCode, header};

use crate::body::{Pieces, lease};
use crate::error::{ApiError, HttpProblem};
use crate::exchange::Exchange;
use crate::handlers::text_options::query_options;
use crate::message::Response;
use crate::{respond, to_wire};

/// The part of the text that a scanner keeps: the current zone and the text around it.
const SCANNED_BYTES: usize = 2 * limits::ZONE_BYTES;

pub(crate) async fn classify(exchange: Exchange, principal: Arc<Principal>) -> Result<Response, ApiError> {
    let Exchange { app, caller, request, .. } = exchange;
    let (parts, body) = request.into_parts();
    let (options, telling, handled) = query_options(&parts)?;
    if !is_utf8(&parts.headers) {
        return Err(HttpProblem::UnsupportedMediaType { expected: "text/plain; charset=utf-8" }.into());
    }
    let mut lease = lease(&caller)?;
    let waits = &app.capacity.waits;
    let mut pieces = Pieces::of(body, &parts.headers, limits::STREAM_BYTES_MAX, waits)?;
    let mut text = app.service.classify_stream(&principal, options).await?;
    let reading = async {
        while let Some(piece) = pieces.next_held(&mut lease).await? {
            // The lease for the scanner's part is held to the end. The rest of a piece is held
            // until it was scanned.
            let passing = lease.bytes().saturating_sub(SCANNED_BYTES).min(piece.len());
            let piece = lease.split(passing).hold(piece);
            if !text.push(piece).await {
                break;
            }
        }
        Ok::<_, ApiError>(text.finish().await?)
    };
    // The length of the text is unknown, and it must not occupy its thread forever.
    let report = tokio::time::timeout(waits.patience.stream, reading).await;
    let report = report.map_err(|_| HttpProblem::StreamTooLong)??;
    let mut response = respond::json(StatusCode::OK, &to_wire::report::result(report, telling));
    handled.add_to(&mut response);
    Ok(response)
}

/// A text without a charset is read as UTF-8; invalid bytes are refused anyway.
fn is_utf8(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let mut parameters = value.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let charset = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    charset.is_none_or(|(_, value)| {
        let charset = value.trim().trim_matches('"').to_ascii_lowercase();
        matches!(charset.as_str(), "utf-8" | "utf8" | "us-ascii")
    })
}
