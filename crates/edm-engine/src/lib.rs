//! The engine: builds generations from hashed rows and finds their records in texts.
//!
//! A pure, synchronous library: no I/O, no clock, no thread, no HTTP. Bytes come in as slices and
//! go out as vectors; it never panics on any text or file. What matches is `docs/matching.md`, the
//! files are `docs/formats/generation.md`.
//!
//! ```
//! use edm_engine::{GenerationKey, Index, IndexSpec};
//! use edm_hash::Salt;
//! use edm_model::{Column, Columns};
//!
//! let columns = Columns::new(vec![Column::text("account").searchable(), Column::text("lastName")])?;
//! let salt = Salt::new("0123456789abcdefghijklmnopqrstuv".into())?;
//! let key = GenerationKey::new([7; 32]); // random bytes, in earnest
//! let rows = [["4711-0815-42", "van der Berg"], ["4711-0816-05", "Okafor"], ["4712-0001-77", "Langer"]];
//! let files = Index::build(&IndexSpec::new(columns, &salt, key), rows)?;
//! let index = Index::open(&files.manifest, &mut |name| files.file(name), &salt)?;
//! let report = index.scan("Ms van der\nBerg, account 4711-0815-42");
//! let found = &report.types[0].matches[0];
//! assert_eq!((found.confidence, found.rows[0].record), (75, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Inside, arrows point down only:
//!
//! ```text
//! index                        the front door: build, open, scan
//!   redact                     the text without what was found
//!   scan                       hits → evidence → explain, zone by zone   (scan/README.md)
//!     prepared                 types, patterns and rules, ready for any text
//!       generation             build → format ← read; prefilter
//!       text                   spans, views, offsets, runs, table rows
//! ```

mod bit_set;
mod error;
mod generation;
mod index;
mod prefetch;
mod prepared;
mod query;
mod redact;
mod report;
mod scan;
mod text;

pub use error::{Error, ErrorKind};
pub use generation::{
    ChunkCheck, FileBytes, FileCheck, Generation, GenerationKey, NoReachablePattern, build, file_checks,
    file_names,
};
pub use index::{Index, IndexFiles, IndexSpec, OpenError};
pub use prepared::{Accelerators, ActiveType, Exclusion, PreparedTypes};
pub use query::{CandidateSpan, Progress, Query};
pub use redact::{Place, Redacted, Redaction, Unfinished, redact};
pub use report::{
    Below, ConfidenceCount, Diagnostic, Evidence, Limit, Match, Report, RowReference, Span, TypeReport,
    Unmatched,
};
pub use scan::{NotUtf8, Scanner, Scratch, TextBatch, scan};
pub use text::TextSpan;
