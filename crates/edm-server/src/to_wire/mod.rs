//! Turns the service's words into Graph's resources. No decisions beyond spelling.

pub(crate) mod job;
pub(crate) mod report;
pub(crate) mod resource;
