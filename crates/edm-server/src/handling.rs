//! What becomes of properties that a request has and nobody knows: refused by name, or ignored and
//! named in the answer. An action refuses them, a resource ignores them, and `Prefer:
//! handling=strict` or `lenient` has it otherwise (RFC 7240, 4.4).

use std::sync::{Arc, OnceLock};

use edm_graph::{Handling, Ignored};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::message::Response;
use crate::preconditions;

const IGNORED_PROPERTIES: HeaderName = HeaderName::from_static("edm-ignored-properties");

/// What the answer to a request has to say of its body, whatever the answer is.
#[derive(Clone, Default)]
pub(crate) struct Noted(Arc<OnceLock<Handled>>);

/// What was ignored, and how the client wished that to be handled.
#[derive(Default)]
pub(crate) struct Handled {
    pub(crate) ignored: Ignored,
    pub(crate) wished: Option<Handling>,
}

impl Noted {
    /// Notes what was read of a body; there is one body.
    pub(crate) fn note(&self, handled: Handled) {
        // A second note could only be that of a second body.
        let _ = self.0.set(handled);
    }

    /// Adds to an answer what was noted.
    pub(crate) fn tell(&self, response: &mut Response) {
        if let Some(handled) = self.0.get() {
            handled.tell(response);
        }
    }
}

impl Handled {
    /// Reads what is wished for; nothing is ignored yet.
    pub(crate) fn wished(headers: &HeaderMap) -> Self {
        Self { ignored: Ignored::default(), wished: preconditions::handling(headers) }
    }

    /// Adds to an answer what was ignored, and that the wish was heard.
    pub(crate) fn tell(&self, response: &mut Response) {
        if let Some(wished) = self.wished {
            preconditions::preference_applied(response, preconditions::handling_applied(wished));
        }
        if self.ignored.is_empty() {
            return;
        }
        // Names are the client's, so they are told to the client alone.
        tracing::info!(count = self.ignored.count(), "properties of a request were ignored");
        if let Ok(value) = HeaderValue::from_str(&self.ignored.header()) {
            response.headers_mut().insert(IGNORED_PROPERTIES, value);
        }
    }
}
