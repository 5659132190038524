//! Converts the service's results to Graph's resources. It decides nothing but spelling.

pub(crate) mod job;
pub(crate) mod report;
pub(crate) mod resource;
