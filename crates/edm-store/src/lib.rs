//! Storage: the catalog (SQL) for mutable data, blobs for immutable files, and a job queue.
//!
//! This crate takes no decisions. It never opens a block, a generation or an encrypted secret. Only
//! the closures of the service change the state of a session. Every backend must pass the suite in
//! `tests/`.
//!
//! ```
//! # async fn example() -> Result<(), edm_store::Error> {
//! use edm_store::{Blobs, BlobPath};
//! let blobs = Blobs::in_memory();
//! let path = BlobPath::new("tenants/a/blocks/00000000")?;
//! blobs.put(&path, "sealed".into()).await?;
//! assert_eq!(blobs.get(&path).await?, "sealed");
//! # Ok(())
//! # }
//! ```

mod blobs;
mod catalog;
mod error;
mod error_kind;
mod record;

pub use blobs::{BlobPath, Blobs, PutOutcome};
pub use catalog::{
    AuditEntry, BlockRow, Catalog, CatalogClock, CatalogCounts, CatalogOptions, CommitStamp, Faults,
    GenerationRow, JobBounds, JobKind, LeasedJob, ListedSession, LiveData, LiveStore, NewBlock,
    NewGeneration, NewJob, NewSessionRow, NewToken, SaltRow, Schema, SessionDraft, StageOutcome, StoreDraft,
    StoreRow, TokenRow,
};
pub use error::{Error, ErrorKind};
