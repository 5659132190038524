//! The unit of upload: hashes of consecutive records, sealed by the agent and verified as a whole
//! by the service.
//!
//! `docs/formats/block.md` defines the bytes. This crate does not deal with sessions, uploads or
//! encryption at rest, and never sees a cell.
//!
//! ```
//! use edm_block::{Block, BlockHeader, Operation, plan_digest, write};
//! use edm_hash::{RecordHasher, Salt};
//! use edm_model::{Column, Columns, KeyId, StoreId};
//! let columns = Columns::new(vec![Column::text("ssn").searchable()])?;
//! let salt = Salt::new("0123456789abcdefghijklmnopqrstuv".into())?;
//! let mut hasher = RecordHasher::new(&salt, &columns, 64);
//! hasher.push(["900-11-2222"].into_iter());
//! let header = BlockHeader {
//!     store_id: StoreId::from_bytes([1; 16]),
//!     key_id: KeyId::from_bytes([2; 16]),
//!     plan_digest: plan_digest(&columns, 64),
//!     operation: Operation::Upsert,
//!     number: 0,
//!     first_row: 0,
//!     row_count: 1,
//! };
//! let bytes = write(&header, &hasher.finish());
//! assert_eq!(Block::open(&bytes)?.header(), &header);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod layout;
mod reader;
mod writer;

pub use error::{Error, ErrorKind};
pub use layout::{BlockHeader, Operation, plan_digest, rows_per_block};
pub use reader::Block;
pub use writer::{seal, seal_into, write};
