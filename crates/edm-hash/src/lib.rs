//! From a cell, or a piece of text, to its canonical form and from there to a keyed hash.
//!
//! This crate is the only one that sees plaintext cells beside the agent's reader, and the only one
//! that makes hashes. What it computes is defined in `docs/formats/hash.md` and frozen. It does no
//! I/O, and its secrets cannot be printed.
//!
//! ```
//! use edm_hash::{RecordHasher, Salt};
//! use edm_model::{Column, Columns};
//! let columns = Columns::new(vec![Column::text("ssn").searchable()])?;
//! let salt = Salt::new("0123456789abcdefghijklmnopqrstuv".to_owned())?;
//! let mut hasher = RecordHasher::new(&salt, &columns, 64);
//! hasher.push(["900-11-2222"].into_iter());
//! assert_eq!(hasher.finish().columns[0].hashes.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod key;
mod rows;
mod simd;
mod text;
mod value;
mod value_summary;
mod window;

pub use key::cmac::{HASH_BYTES, Hash};
pub use key::counter_mode::CounterMode;
pub use key::keys::{
    ALGORITHM_VERSION, RowCell, RowKey, RuleKeys, SALT_RANDOM_BYTES, Salt, SaltError, UNICODE_VERSION,
    address,
};
pub use rows::hashed_rows::{
    ColumnCounts, ColumnView, HashedColumn, HashedRows, Histogram, RowsView, RuleSummary, set_bits,
};
pub use rows::record::{RecordHasher, RecordOutcome, RecordRefusal, Records};
pub use simd::level::{Level, LevelError};
pub use text::atom_set::{ATOMS_A_WORD, AtomSet, scattered};
pub use text::escape::{Decoded, Escapes, decode_escapes};
pub use text::fold::{Atom, AtomKind, FoldOptions, Folded, fold_character, is_cluster, is_mark};
pub use text::rule_text::RuleText;
pub use value::canonical::Canonicaliser;
pub use value::cell_form::{CellForm, CellRefusal};
pub use value::checked_numbers::{CHECKED_NUMBER_ATOMS_MAX, checked_numbers};
pub use value::find::{windows, windows_of};
pub use value::phone::calling_code;
pub use value::placeholder::Placeholders;
pub use value::search::WindowScratch;
pub use value::start_positions::{
    atoms_with_other_forms, has_vocabulary, near_digits, numeric, start_mask, words_with_other_forms,
};
pub use value_summary::kinds::{KindSet, Kinds};
pub use value_summary::shape::{Alphanumerics, Shape};
pub use value_summary::shape_summary::ShapeSummary;
pub use value_summary::signs::SignSet;
pub use window::found::Window;
pub use window::prefilter::{OpenPrefilter, Prefilter, PrefilterResult, Several};
