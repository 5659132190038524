//! The upload agent. It runs where the table is, turns every cell into a keyed hash, and uploads
//! only hashes, in blocks, through an upload session. Plaintext exists only in the reader and the
//! hashing threads, within a fixed budget, and in no error, report or journal.
//!
//! The crate knows only the service's wire: no engine, no store, no server.
//!
//! ```
//! use edm_agent::sample;
//! let mut table = Vec::new();
//! sample::write_csv(&sample::people(7, 3), &mut table)?;
//! assert!(table.starts_with(b"ssn,birthday,firstName,lastName,email\n"));
//! # Ok::<(), std::io::Error>(())
//! ```

mod block_bytes;
mod block_wire;
mod budget;
mod cell_damage;
mod chunk;
mod client;
mod dry_run;
mod empty_words;
mod error;
mod file_identity;
mod journal;
mod lookup_value;
mod nines;
mod pipeline;
mod probe;
mod profile;
mod progress;
mod refusal_reason;
mod refused_lines;
mod rejections;
pub mod sample;
mod sample_names;
mod source;
mod table;
mod text_body;
mod tls;
mod upload;
mod upload_report;

pub use client::{ClientOptions, GraphClient};
pub use dry_run::dry_run;
pub use error::{Error, ErrorKind};
pub use lookup_value::refused_value;
pub use probe::Probe;
pub use profile::{ColumnProfile, Lengths, ProfileOptions, Suggestion, TableProfile, profile};
pub use progress::{Amounts, Event, NoProgress, Progress};
pub use refused_lines::{refuse_as_output, write_no_refused_lines, write_refused_lines};
pub use rejections::{LINES_LISTED_MAX, ParseToleranceError, ReasonCount, Rejections, Tolerance};
pub use source::{ExtraColumns, Input, OtherSeparator, Separator, TableFormat};
pub use table::{TableMode, TableOptions};
pub use upload::{JournalPlace, UploadOptions, Wait, upload, wait_until_live};
pub use upload_report::UploadReport;
