//! Who may do what: bearer tokens, the gate that every operation of a caller passes, the gate of
//! signed upload URIs, and the audit log.

pub(crate) mod audit;
pub(crate) mod authorise;
pub(crate) mod tokens;
pub(crate) mod upload_grant;
