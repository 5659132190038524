//! Where everything is kept: the catalog (SQL) for what changes, blobs for what never does, and the queue of
//! jobs between them.
//!
//! This crate decides nothing: it never opens a block, a generation or a sealed secret, and a session's state
//! is changed only by the closure that the service hands in. Every backend passes the suite in `tests/`.
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
mod record;

pub use blobs::{BlobPath, Blobs, PutOutcome};
pub use catalog::{
    AuditEntry, BlockRow, Catalog, CatalogClock, CatalogCounts, CatalogOptions, ChangeMark, Faults,
    GenerationRow, JobBounds, JobKind, LeasedJob, ListedSession, LiveData, LiveStore, NewBlock,
    NewGeneration, NewJob, NewSessionRow, NewToken, SaltRow, Schema, SessionDraft, StageOutcome, StoreDraft,
    StoreRow, TokenRow,
};
pub use error::{Error, ErrorKind};
