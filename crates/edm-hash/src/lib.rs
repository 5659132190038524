//! From a cell, or a piece of text, to its canonical form and from there to a keyed hash.
//!
//! This crate is the only one that sees plaintext cells beside the agent's reader, and the only one that makes
//! hashes. What it computes is defined in `docs/formats/hash.md` and frozen. It does no I/O, and its secrets
//! cannot be printed.
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

mod atom_set;
mod batch;
mod bits;
mod canonical;
mod cell;
mod cipher;
mod classes;
mod column;
mod cut;
mod date;
mod edge;
mod ends;
mod escape;
mod fold;
mod gap;
mod key;
mod kinds;
mod pieces;
mod placeholder;
mod processor;
mod record;
mod rows;
mod shape;
mod signs;
mod starts;
mod stretch;
mod table;
mod types;
mod vocabulary;
mod walk;
mod window;

pub use atom_set::{ATOMS_A_WORD, AtomSet, scattered};
pub use batch::{HASH_BYTES, Hash};
pub use canonical::{Canonicaliser, CellForm, CellRefusal};
pub use escape::{Decoded, Escapes, decode_escapes};
pub use fold::{Atom, AtomKind, FoldOptions, Folded, fold_character, is_cluster, is_mark};
pub use key::{
    ALGORITHM_VERSION, RowCell, RowKey, RuleKeys, SALT_RANDOM_BYTES, Salt, SaltError, UNICODE_VERSION,
    address,
};
pub use kinds::{KindSet, Kinds, is_kinds};
pub use placeholder::Placeholders;
pub use processor::{ProcessorPath, ProcessorPathError};
pub use record::{RecordHasher, RecordOutcome, RecordRefusal, Records};
pub use rows::{
    ColumnCounts, ColumnView, HashedColumn, HashedRows, Histogram, RowsView, RuleSummary, set_bits,
};
pub use shape::{Alphanumerics, Shape};
pub use signs::{SignSet, is_sign};
pub use starts::{Several, atoms_with_other_forms, near_digits, numeric, starts, words_with_other_forms};
pub use types::phone::calling_code;
pub use types::{CHECKED_NUMBER_ATOMS_MAX, checked_numbers};
pub use window::{Fit, Gate, OpenGate, Window, WindowBuffers, has_vocabulary, windows, windows_of};
