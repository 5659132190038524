//! What absolute addresses in answers begin with: nextLink, Location, dataUploadURI.

use http::{HeaderMap, header};

use crate::app::App;

/// Bytes of the longest host name that is repeated in an answer.
const HOST_BYTES_MAX: usize = 300;

/// Scheme and host, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin(String);

impl Origin {
    /// Takes the configured address, else the scheme of the listener and the Host of the request. A Host that
    /// is no host name is not repeated: the answer then holds addresses below `localhost`.
    pub(crate) fn of(app: &App, headers: &HeaderMap) -> Self {
        if let Some(url) = &app.public_url {
            return Self(url.clone());
        }
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).filter(|host| is_host(host));
        Self(format!("{}://{}", app.scheme.as_str(), host.unwrap_or("localhost")))
    }

    /// Returns the address of a canonical path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{}{path}", self.0, edm_graph::path::BASE)
    }

    /// Returns the address of a path that is not below `/beta`.
    pub(crate) fn plain_url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

fn is_host(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    !text.is_empty() && text.len() <= HOST_BYTES_MAX && text.bytes().all(known)
}
