//! `classifyExactMatches` for `text/plain`: a text of any length, matched as it comes, with one result at the end.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::Request;
use axum::response::Response;
use edm_model::{Principal, limits};
use http::{HeaderMap, StatusCode, header};

use crate::app::App;
use crate::body::Pieces;
use crate::error::{ApiError, HttpProblem};
use crate::handlers::classification::query_options;
use crate::{present_report, respond};

pub(crate) async fn classify(
    app: Arc<App>,
    principal: Arc<Principal>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let (options, telling, handled) = query_options(&parts)?;
    if !is_utf8(&parts.headers) {
        return Err(HttpProblem::UnsupportedMediaType { expected: "text/plain; charset=utf-8" }.into());
    }
    let mut pieces = Pieces::of(body, &parts.headers, limits::STREAM_BYTES_MAX)?;
    let mut text = app.service.classify_stream(&principal, options).await?;
    while let Some(piece) = pieces.next().await? {
        let offered = Instant::now();
        if !text.push(piece).await {
            break;
        }
        pieces.forgive(offered.elapsed());
    }
    let report = text.finish().await?;
    let mut response = respond::json(StatusCode::OK, &present_report::result(report, telling));
    handled.tell(&mut response);
    Ok(response)
}

/// A text without a charset is taken for UTF-8; a byte that is none is refused anyway.
fn is_utf8(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let mut parameters = value.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let charset = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    charset.is_none_or(|(_, value)| {
        let charset = value.trim().trim_matches('"').to_ascii_lowercase();
        matches!(charset.as_str(), "utf-8" | "utf8" | "us-ascii")
    })
}
