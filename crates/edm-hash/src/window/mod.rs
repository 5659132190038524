//! Windows: the runs of atoms that may be a value of a rule (`docs/matching.md`, Windows).

pub(crate) mod atom_run;
pub(crate) mod form_edits;
pub(crate) mod found;
pub(crate) mod prefilter;
pub(crate) mod start_mask;
pub(crate) mod walk;
