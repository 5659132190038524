//! The engine: builds generations from hashed rows and finds their records in texts.
//!
//! A pure, synchronous library: no I/O, no clock, no thread, no HTTP. Bytes come in as slices and go out as vectors;
//! it never panics on any text or file. What matches is `docs/matching.md`, the files are
//! `docs/formats/generation.md`.
//!
//! ```
//! use std::{collections::HashMap, sync::Arc};
//! use edm_engine::{ActiveType, FileBytes, Generation, PreparedTypes, Query, Scratch, build, scan};
//! use edm_hash::{RecordHasher, Salt};
//! use edm_model::{Column, Columns, KeyId, SensitiveTypeId, SessionId, StoreId};
//!
//! let columns = Columns::new(vec![Column::text("account").searchable(), Column::text("lastName")])?;
//! let salt = Salt::new("0123456789abcdefghijklmnopqrstuv".into())?;
//! let mut hasher = RecordHasher::new(&salt, &columns, 64);
//! hasher.push(["4711-0815-42", "van der Berg"].into_iter());
//! let rows = hasher.finish();
//! let plan = build::Plan::new(build::PlanInput {
//!     store_id: StoreId::from_bytes([1; 16]),
//!     session_id: SessionId::from_bytes([2; 16]),
//!     key_id: KeyId::from_bytes([3; 16]),
//!     columns,
//!     tokens_max: 64,
//!     blocks: vec![build::BlockFacts { number: 0, first_row: 0, row_count: 1 }],
//!     part_bytes: build::PART_BYTES_DEFAULT,
//! })?;
//! let mut files: HashMap<String, FileBytes> = HashMap::new();
//! for group in plan.groups(1, build::BUILD_BYTES_DEFAULT) {
//!     let mut builder = plan.builder(&group, &salt);
//!     let row_file = builder.add(0, &rows.view())?;
//!     for file in row_file.into_iter().chain(builder.finish()) {
//!         files.insert(build::Plan::file_name(file.job), Arc::new(file.bytes));
//!     }
//! }
//! let mut open = |name: &str| Ok(files[name].clone());
//! let manifest = build::manifest(&plan, &mut open)?;
//! let generation = Arc::new(Generation::open(&manifest, &mut open, &salt)?);
//! let active = Arc::new(ActiveType {
//!     id: SensitiveTypeId::from_bytes([4; 16]),
//!     name: "accounts".into(),
//!     recommended_confidence: 75,
//!     redact_confidence: 75,
//!     default_type: true,
//!     patterns: generation.default_patterns()?,
//!     generation,
//! });
//! // Kept from text to text, both of them.
//! let (types, mut scratch) = (PreparedTypes::new([active]), Scratch::new());
//! let report = scan(&Query::new("Ms van der\nBerg, account 4711-0815-42", &types), &mut scratch);
//! assert_eq!(report.types[0].matches[0].confidence, 75);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bit_set;
mod error;
mod generation;
mod prefetch;
mod prepared;
mod query;
mod redact;
mod report;
mod scan;
mod text;

use std::sync::Arc;

pub use error::{Error, ErrorKind};
pub use generation::{FileCheck, Generation, NoReachablePattern, build, file_checks, file_names};
pub use prepared::PreparedTypes;
pub use query::{Accelerators, ActiveType, CandidateSpan, Exempt, Progress, Query};
pub use redact::{Place, Redacted, Redaction, redact};
pub use report::{
    Below, ConfidenceCount, Diagnostic, Evidence, Limit, Match, Report, RowReference, Span, TypeReport,
    Unmatched,
};
pub use scan::{JoinedTexts, NotUtf8, Scanner, Scratch, scan};

/// The bytes of an index file: a memory map or a vector.
pub type FileBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;
