//! The bytes of an index file.

use std::sync::Arc;

/// The bytes of an index file: a memory map or a vector.
pub type FileBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;
