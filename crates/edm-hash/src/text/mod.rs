//! What a text is before anyone looks for values in it: folded characters, atoms, the gaps between
//! them, and the way back to the positions of the text as it was given.

pub(crate) mod atom_set;
pub(crate) mod atom_word;
pub(crate) mod atomize;
pub(crate) mod boundaries;
pub(crate) mod canonical_atoms;
pub(crate) mod char_class;
pub(crate) mod escape;
pub(crate) mod fold;
pub(crate) mod gap;
pub(crate) mod rule_text;
pub(crate) mod source_map;
pub(crate) mod unicode_data;
