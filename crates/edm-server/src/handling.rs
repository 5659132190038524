//! The handling of unknown properties: refused by name, or ignored and named in the answer. Actions
//! refuse them and resources ignore them, unless the client sends `Prefer: handling=strict` or
//! `lenient` (RFC 7240, section 4.4).

use std::sync::{Arc, OnceLock};

use edm_graph::{Handling, Ignored};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::message::Response;
use crate::preconditions;

const IGNORED_PROPERTIES: HeaderName = HeaderName::from_static("edm-ignored-properties");

/// What the answer to a request must report about its body, whatever the answer is.
#[derive(Clone, Default)]
pub(crate) struct Noted(Arc<OnceLock<Handled>>);

/// The ignored properties, and the client's preference.
#[derive(Default)]
pub(crate) struct Handled {
    pub(crate) ignored: Ignored,
    pub(crate) wished: Option<Handling>,
}

impl Noted {
    /// Records the result of reading the body.
    pub(crate) fn note(&self, handled: Handled) {
        // A request has one body, so this is set once.
        let _ = self.0.set(handled);
    }

    /// Adds the record to an answer.
    pub(crate) fn add_to(&self, response: &mut Response) {
        if let Some(handled) = self.0.get() {
            handled.add_to(response);
        }
    }
}

impl Handled {
    /// Reads the client's preference; nothing is ignored yet.
    pub(crate) fn wished(headers: &HeaderMap) -> Self {
        Self { ignored: Ignored::default(), wished: preconditions::handling(headers) }
    }

    /// Adds the ignored properties and the applied preference to an answer.
    pub(crate) fn add_to(&self, response: &mut Response) {
        if let Some(wished) = self.wished {
            preconditions::preference_applied(response, preconditions::handling_applied(wished));
        }
        if self.ignored.is_empty() {
            return;
        }
        // The names come from the client, so they are returned to the client and not logged.
        tracing::info!(count = self.ignored.count(), "properties of a request were ignored");
        if let Ok(value) = HeaderValue::from_str(&self.ignored.header()) {
            response.headers_mut().insert(IGNORED_PROPERTIES, value);
        }
    }
}
