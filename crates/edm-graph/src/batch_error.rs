//! What can be wrong with a batch, and with one of its requests.

use std::fmt;

use crate::body::BodyError;

/// The methods that a request of a batch may have.
pub(crate) const METHODS: &[&str] = &["GET", "POST", "PATCH", "DELETE"];

/// What is wrong with a batch or with one of its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchErrorKind {
    /// A fault that any body can have.
    Body(BodyError),
    /// An id is empty.
    EmptyId,
    /// Two requests have the same id.
    RepeatedId,
    /// A request depends on one that is not before it.
    Dependency,
    /// Atomicity groups are not supported.
    AtomicityGroup,
    /// The request is itself a batch.
    Nested,
    /// The address leads to another host.
    ForeignHost,
    /// The method is not permitted in a batch.
    Method,
    /// A header's name or value is not valid.
    Header,
    /// The body must be a string with the text.
    BodyNotText,
    /// The body must be a string of base64.
    BodyNotBase64,
}

/// Reports a batch, or a request of one, that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchError {
    kind: BatchErrorKind,
    target: String,
}

impl BatchError {
    pub(crate) fn at(kind: BatchErrorKind, target: String) -> Self {
        Self { kind, target }
    }

    /// Returns what is wrong.
    pub fn kind(&self) -> &BatchErrorKind {
        &self.kind
    }

    /// Returns the path of the property at fault, such as `requests[2].url`.
    pub fn target(&self) -> Option<&str> {
        match &self.kind {
            BatchErrorKind::Body(error) => error.target(),
            _ => Some(&self.target),
        }
    }
}

impl From<BodyError> for BatchError {
    fn from(error: BodyError) -> Self {
        Self { kind: BatchErrorKind::Body(error), target: String::new() }
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = &self.target;
        match &self.kind {
            BatchErrorKind::Body(error) => error.fmt(f),
            BatchErrorKind::EmptyId => write!(f, "{target} is empty: give each request an id of its own"),
            BatchErrorKind::RepeatedId => {
                write!(f, "{target} stands at another request too: give each request an id of its own")
            }
            BatchErrorKind::Dependency => {
                write!(f, "{target} must name the id of a request that stands before this one")
            }
            BatchErrorKind::AtomicityGroup => write!(
                f,
                "{target} is not supported: each request happens by itself, so leave it out and use dependsOn"
            ),
            BatchErrorKind::Nested => {
                write!(f, "{target} leads to a batch: put its requests into this one, or send it by itself")
            }
            BatchErrorKind::ForeignHost => {
                write!(
                    f,
                    "{target} leads to another host: send a path such as /dataClassification, or this host's"
                )
            }
            BatchErrorKind::Method => write!(f, "{target} must be one of: {}", METHODS.join(", ")),
            BatchErrorKind::Header => {
                write!(f, "{target} is no header that can be sent: correct it or leave it out")
            }
            BatchErrorKind::BodyNotText => {
                write!(f, "{target} must be a string that holds the text, as its content-type says")
            }
            BatchErrorKind::BodyNotBase64 => {
                write!(
                    f,
                    "{target} must be a string that holds the body in base64, as its content-type is no JSON"
                )
            }
        }
    }
}

impl std::error::Error for BatchError {}
