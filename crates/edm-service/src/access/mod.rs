//! Who may do what: bearer tokens, and the gate that every operation of a caller passes.

pub(crate) mod tokens;
