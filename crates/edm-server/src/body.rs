//! Reads bodies within their bounds, while they come.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use bytes::{Bytes, BytesMut};
use edm_graph::parse_object;
use edm_model::limits;
use futures::StreamExt;
use http::{HeaderMap, header};
use serde_json::{Map, Value};

use crate::app::App;
use crate::error::{ApiError, HttpProblem};

/// How long the next piece of a body may take.
const PIECE_SECONDS_MAX: u64 = 30;

/// The JSON object of a request; an empty body is an empty object.
pub(crate) struct JsonBody(pub(crate) Map<String, Value>);

impl FromRequest<Arc<App>> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) && !body.is_end_stream() {
            return Err(HttpProblem::UnsupportedMediaType { expected: "application/json" }.into());
        }
        let permit = app.bodies.try_acquire().map_err(|_| HttpProblem::TooManyBodies)?;
        let bytes = read(body, &parts.headers, limits::JSON_BODY_BYTES_MAX).await?;
        drop(permit);
        Ok(Self(parse_object(&bytes)?))
    }
}

/// Reads a body of at most so many bytes. Fails as soon as it is longer, before reading where its length says so.
pub(crate) async fn read(body: Body, headers: &HeaderMap, bytes_max: usize) -> Result<Bytes, HttpProblem> {
    let announced = content_length(headers);
    if announced.is_some_and(|length| length > bytes_max as u64) {
        return Err(HttpProblem::BodyTooLarge { bytes_max });
    }
    let mut stream = body.into_data_stream();
    let mut read = BytesMut::new();
    while let Some(piece) = next_piece(&mut stream).await? {
        if read.len().saturating_add(piece.len()) > bytes_max {
            return Err(HttpProblem::BodyTooLarge { bytes_max });
        }
        read.extend_from_slice(&piece);
    }
    Ok(read.freeze())
}

/// Returns the announced length.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn next_piece(stream: &mut axum::body::BodyDataStream) -> Result<Option<Bytes>, HttpProblem> {
    let wait = Duration::from_secs(PIECE_SECONDS_MAX);
    match tokio::time::timeout(wait, stream.next()).await {
        Err(_) => Err(HttpProblem::BodyTooSlow),
        Ok(Some(Err(_))) => Err(HttpProblem::BodyIncomplete),
        Ok(Some(Ok(piece))) => Ok(Some(piece)),
        Ok(None) => Ok(None),
    }
}

/// A body without a type is taken for JSON; `application/json` may have parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let media_type = value.to_str().unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}
