//! What this node searches: generations opened, verified and swapped in, with the types that are matched against them.

pub(crate) mod default_type_drift;
pub(crate) mod file_checks;
pub(crate) mod library;
pub(crate) mod mmap;
pub(crate) mod readiness;
pub(crate) mod serving;
pub(crate) mod tenant_types;
