//! Texts are matched: permits, scans, reports, redaction, lookups, and classifications that are
//! kept as jobs.

pub(crate) mod batch;
pub(crate) mod classification_jobs;
pub(crate) mod deadline;
pub(crate) mod lookup;
pub(crate) mod matcher;
pub(crate) mod options;
pub(crate) mod queue;
pub(crate) mod redact;
pub(crate) mod report;
pub(crate) mod stream;
pub(crate) mod wiped_text;
