//! The front door: a table in memory to index files, index files to an index, an index and a text
//! to a report.
//!
//! It is for tables that fit into memory and for programs without a service. The service does the
//! same in pieces, on many threads: [`crate::build`], [`Generation`], [`PreparedTypes`],
//! [`crate::scan`].

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use edm_hash::{HashedRows, RecordHasher, Salt};
use edm_model::{
    Columns, KeyId, RECOMMENDED_CONFIDENCE_DEFAULT, SensitiveTypeId, SessionId, StoreId, limits,
};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::generation::build::{
    BUILD_BYTES_DEFAULT, BlockFacts, Builder, PART_BYTES_DEFAULT, Plan, PlanInput, manifest,
};
use crate::generation::{FileBytes, Generation, GenerationKey, NoReachablePattern};
use crate::prepared::active_type::ActiveType;
use crate::prepared::types::PreparedTypes;
use crate::query::Query;
use crate::report::Report;
use crate::scan::{Scratch, scan};

/// How a table is indexed. [`IndexSpec::new`] has usual values for all but the columns, the salt
/// and the key.
#[derive(Debug)]
pub struct IndexSpec<'a> {
    /// The columns, in the order of the cells.
    pub columns: Columns,
    /// The key of the hashes.
    pub salt: &'a Salt,
    /// The store that the table is of.
    pub store_id: StoreId,
    /// The session that brings the rows: reports name it.
    pub session_id: SessionId,
    /// The number of the salt.
    pub key_id: KeyId,
    /// What the files are encrypted under: 32 random bytes, for this index alone.
    pub key: GenerationKey,
    /// The longest value that is matched, in atoms.
    pub tokens_max: u32,
    /// Rows of a block, at least one.
    pub block_rows: usize,
    /// Memory for one part of the entries: the less, the more parts there are.
    pub part_bytes: u64,
}

impl<'a> IndexSpec<'a> {
    /// Rows of a block, unless the caller says otherwise: a block has room for them.
    const BLOCK_ROWS_DEFAULT: usize = 10_000;

    /// Describes an index with ids of zeros.
    pub fn new(columns: Columns, salt: &'a Salt, key: GenerationKey) -> Self {
        Self {
            columns,
            salt,
            store_id: StoreId::from_bytes([0; 16]),
            session_id: SessionId::from_bytes([0; 16]),
            key_id: KeyId::from_bytes([0; 16]),
            key,
            tokens_max: limits::TOKENS_MAX,
            block_rows: Self::BLOCK_ROWS_DEFAULT,
            part_bytes: PART_BYTES_DEFAULT,
        }
    }
}

/// The files of an index, in memory. Stored under their names they are a generation.
///
/// The files are encrypted, and the manifest has their key: seal it before it is stored.
#[derive(Clone)]
pub struct IndexFiles {
    /// The manifest, which names the others and has their key. Wiped on drop.
    pub manifest: Zeroizing<Vec<u8>>,
    /// The other files by their names.
    pub files: HashMap<String, FileBytes>,
}

impl IndexFiles {
    /// Returns a file by its name.
    ///
    /// # Errors
    /// `NotFound` if there is none of this name.
    pub fn file(&self, name: &str) -> std::io::Result<FileBytes> {
        self.files.get(name).cloned().ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }
}

impl fmt::Debug for IndexFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexFiles").field("files", &self.files.keys()).finish_non_exhaustive()
    }
}

/// Reports an index that cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// A file cannot be read, or is damaged.
    File(Error),
    /// Nothing can be a match in such a table.
    NoReachablePattern(NoReachablePattern),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::NoReachablePattern(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(error) => error.source(),
            Self::NoReachablePattern(error) => error.source(),
        }
    }
}

/// An opened index, searched by its default type.
#[derive(Debug)]
pub struct Index {
    generation: Arc<Generation>,
    types: PreparedTypes,
}

impl Index {
    /// Hashes the rows and builds the files of their index. Rows that the upload agent would refuse
    /// count, and are never found.
    ///
    /// # Errors
    /// `BadPlan` if there are no rows, or too many.
    pub fn build<'r, R>(spec: &IndexSpec<'_>, rows: impl IntoIterator<Item = R>) -> Result<IndexFiles, Error>
    where
        R: IntoIterator<Item = &'r str, IntoIter: Clone>,
    {
        let mut hasher = RecordHasher::new(spec.salt, &spec.columns, spec.tokens_max);
        let (mut blocks, mut facts) = (Vec::new(), Vec::new());
        let mut close = |hasher: &mut RecordHasher, blocks: &mut Vec<HashedRows>| {
            let rows = hasher.finish();
            let first_row =
                facts.last().map_or(0, |last: &BlockFacts| last.first_row + u64::from(last.row_count));
            facts.push(BlockFacts { number: blocks.len() as u32, first_row, row_count: rows.row_count });
            blocks.push(rows);
        };
        for row in rows {
            hasher.push(row.into_iter());
            if hasher.len() >= spec.block_rows {
                close(&mut hasher, &mut blocks);
            }
        }
        if !hasher.is_empty() {
            close(&mut hasher, &mut blocks);
        }
        // The same steps as the service's jobs, in memory and one after the other.
        let plan = Plan::new(PlanInput {
            store_id: spec.store_id,
            session_id: spec.session_id,
            key_id: spec.key_id,
            key: spec.key.clone(),
            columns: spec.columns.clone(),
            tokens_max: spec.tokens_max,
            blocks: facts,
            part_bytes: spec.part_bytes,
        })?;
        let mut files = IndexFiles { manifest: Zeroizing::default(), files: HashMap::new() };
        for group in plan.groups(1, BUILD_BYTES_DEFAULT) {
            let mut builder = Builder::new(&plan, &group, spec.salt);
            let mut built = Vec::new();
            for number in plan.required_blocks(&group) {
                built.extend(builder.add(number, &blocks[number as usize].view())?);
            }
            for file in built.into_iter().chain(builder.finish()) {
                files.files.insert(Plan::file_name(file.job), Arc::new(file.bytes));
            }
        }
        files.manifest = manifest(&plan, &mut |name| files.file(name))?;
        Ok(files)
    }

    /// Opens an index. `open_file` returns the bytes of a file that the manifest names.
    ///
    /// # Errors
    /// [`OpenError::File`] for a file that cannot be read or is damaged;
    /// [`OpenError::NoReachablePattern`] for a table in which nothing can be a match.
    pub fn open(
        manifest: &[u8],
        open_file: &mut dyn FnMut(&str) -> std::io::Result<FileBytes>,
        salt: &Salt,
    ) -> Result<Self, OpenError> {
        let generation = Arc::new(Generation::open(manifest, open_file, salt).map_err(OpenError::File)?);
        let patterns = generation.default_patterns().map_err(OpenError::NoReachablePattern)?;
        let active = ActiveType {
            id: SensitiveTypeId::from_bytes([0; 16]),
            name: String::new(),
            recommended_confidence: RECOMMENDED_CONFIDENCE_DEFAULT,
            redact_confidence: RECOMMENDED_CONFIDENCE_DEFAULT,
            default_type: true,
            patterns,
            generation: generation.clone(),
        };
        Ok(Self { generation, types: PreparedTypes::prepare([Arc::new(active)]) })
    }

    /// Returns the generation, for scans by other types.
    pub fn generation(&self) -> &Arc<Generation> {
        &self.generation
    }

    /// Finds the records of the table in a text.
    pub fn scan(&self, text: &str) -> Report {
        scan(&Query::new(text, &self.types), &mut Scratch::new())
    }
}
