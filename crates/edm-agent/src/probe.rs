//! Short health requests: one attempt with a short timeout.

use std::time::{Duration, UNIX_EPOCH};

use reqwest::header::DATE;
use serde_json::Value;

use crate::client::{GraphClient, read_bounded, unreachable};
use crate::error::Error;

/// A response of the server, whatever its status.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The status.
    pub status: u16,
    /// The body; null if it is not JSON.
    pub body: Value,
    /// The server's time, in seconds since 1970.
    pub date_seconds: Option<i64>,
}

impl GraphClient {
    /// Requests this path of the server, with the token if there is one. Fails unless the whole
    /// response arrives in time.
    pub async fn probe(&self, path: &str, within: Duration) -> Result<Probe, Error> {
        let request = self.authorized(self.http().get(self.plain_url(path))).timeout(within);
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        let since = date.and_then(|date| date.duration_since(UNIX_EPOCH).ok());
        let body = read_bounded(response).await?;
        Ok(Probe {
            status,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
            date_seconds: since.and_then(|since| i64::try_from(since.as_secs()).ok()),
        })
    }
}
