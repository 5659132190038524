//! What this node searches: generations are opened, verified and swapped in, with the types that
//! are matched against them.

pub(crate) mod damage;
pub(crate) mod data_state;
pub(crate) mod default_type_drift;
pub(crate) mod file_checks;
pub(crate) mod generations;
pub(crate) mod library;
pub(crate) mod mmap;
pub(crate) mod omission;
pub(crate) mod readiness;
pub(crate) mod serving;
pub(crate) mod tenant_types;
