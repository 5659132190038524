//! What a delta builds on, and what of it stays.

use std::sync::Arc;

use edm_model::limits;

use crate::error::{Error, ErrorKind};
use crate::generation::build::plan_input::{PlanInput, alternatives_max};
use crate::generation::build::rules_builder::RulesBuilder;
use crate::generation::format::file_id::FileKind;
use crate::generation::format::manifest::{ColumnFacts, FILES_MAX, FileFacts, Manifest};
use crate::generation::format::rules_file::{ColumnSummary, Counts};
use crate::generation::read::entry_group::EntryGroup;
use crate::generation::read::generation::Generation;

/// The most parts that entry files are rewritten in.
const PARTS_MAX: u64 = 1 << 12;

/// The generation that a delta builds on, and how.
#[derive(Debug, Clone)]
pub(crate) struct DeltaBase {
    pub(crate) generation: Arc<Generation>,
    /// Whether the delta's entries and all of the base's become one group again.
    pub(crate) compacts: bool,
    /// The most values that go into the entry files that the delta writes.
    pub(crate) gathered_values: u64,
    pub(crate) rows_file_count: u32,
}

impl DeltaBase {
    pub(crate) fn new(input: &PlanInput, rows: u32, generation: Arc<Generation>) -> Result<Self, Error> {
        let manifest = generation.manifest();
        let columns = input.columns.as_slice();
        // Anything else would mix hashes that do not compare: another salt, another rule, another
        // row key.
        let fits = manifest.store_id == input.store_id
            && manifest.key_id == input.key_id
            && manifest.tokens_max == input.tokens_max
            && manifest.columns == input.columns
            && manifest.sources.iter().all(|source| source.session_id != input.session_id)
            && columns.iter().any(|column| column.key);
        if !fits {
            return Err(Error::new(ErrorKind::BadPlan, "plan"));
        }
        let files = manifest.files.len() as u64 + input.blocks.len() as u64 + PARTS_MAX;
        if u64::from(manifest.rows) + u64::from(rows) > limits::ROWS_MAX
            || manifest.sources.len() >= limits::SOURCES_MAX
            || files > u64::from(FILES_MAX)
        {
            return Err(Error::new(ErrorKind::Full, "plan"));
        }
        let searchable = columns.iter().filter(|column| column.searchable).count() as u64;
        let added = u64::from(rows) * searchable;
        let of_deltas = generation.delta_entries().map_or(0, EntryGroup::searchable_values) + added;
        let of_base = generation.base_entries().searchable_values();
        // Every delta rewrites the deltas' entries and every look-up searches both groups: past
        // half of the base, writing everything once costs less than going on.
        let compacts = of_deltas * 2 > of_base;
        let gathered_values = if compacts { of_deltas + of_base } else { of_deltas };
        // The deltas' files count their alternative forms as values; those of other rows come on
        // top.
        let gathered_rows = if compacts { manifest.rows + rows } else { rows };
        let gathered_values = gathered_values + alternatives_max(&input.columns, gathered_rows);
        let is_rows = |file: &&FileFacts| file.id.kind == FileKind::Rows;
        let rows_files = manifest.files.iter().filter(is_rows).count();
        let rows_file_count = u32::try_from(rows_files).map_err(|_| Error::new(ErrorKind::Full, "plan"))?;
        Ok(Self { compacts, gathered_values, rows_file_count, generation })
    }

    /// Returns how many rows the base has: the delta's come after them.
    pub(crate) fn rows(&self) -> u32 {
        self.generation.manifest().rows
    }

    /// Returns how many sessions brought rows of the base.
    pub(crate) fn source_count(&self) -> u32 {
        // At most `limits::SOURCES_MAX`.
        self.generation.manifest().sources.len() as u32
    }

    /// Returns the files that stay as they are.
    pub(crate) fn carried(&self) -> impl Iterator<Item = &FileFacts> {
        let stays = |file: &&FileFacts| match file.id.kind {
            FileKind::Rows => true,
            FileKind::Entries => !self.compacts,
            FileKind::Delta | FileKind::Rules => false,
        };
        self.generation.manifest().files.iter().filter(stays)
    }

    /// Returns a builder that begins with what the base's blocks said.
    pub(crate) fn rules(&self) -> Result<RulesBuilder, Error> {
        let manifest = self.generation.manifest();
        let counts =
            Counts { columns: manifest.columns.as_slice().len(), rules: self.generation.rules().len() };
        let rules = self.generation.rules_file();
        let name = rules.name();
        let content = rules.plain(0, rules.length()).ok_or_else(|| Error::damaged(&name))?;
        RulesBuilder::widening(&content, counts, &name)
    }

    /// Returns what is known of the columns: pinned by the last replace, but for cells that are
    /// counted wherever they come from.
    pub(crate) fn facts(&self, summaries: &[ColumnSummary]) -> Vec<ColumnFacts> {
        let pinned = self.generation.manifest().facts.iter().zip(summaries);
        let facts = pinned.map(|(facts, summary)| ColumnFacts {
            too_long: summary.too_long,
            refused: summary.refused,
            placeholders: summary.placeholders,
            ..facts.clone()
        });
        facts.collect()
    }

    /// Returns the manifest of the whole, given that of the delta's files and rows.
    pub(crate) fn extended(&self, delta: Manifest) -> Manifest {
        let base = self.generation.manifest();
        let mut tombstones = [base.tombstones.as_slice(), &delta.tombstones].concat();
        // A row may be superseded by several deltas, and is one tombstone.
        tombstones.sort_unstable();
        tombstones.dedup();
        Manifest {
            part_bits: if self.compacts { delta.part_bits } else { base.part_bits },
            sources: [base.sources.as_slice(), &delta.sources].concat(),
            rejected: base.rejected + delta.rejected,
            tombstones,
            files: self.carried().copied().chain(delta.files).collect(),
            ..delta
        }
    }
}
