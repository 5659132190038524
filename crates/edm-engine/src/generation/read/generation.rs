//! An opened generation.

use std::collections::HashMap;
use std::sync::Arc;

use edm_hash::{Canonicaliser, CellForm, Folded, Hash, RowCell, RowKey, RuleKeys, Salt};
use edm_model::{ColumnClass, Columns, KeyId, Pattern, Rule, SessionId, StoreId, limits};

use crate::error::Error;
use crate::generation::file_bytes::FileBytes;
use crate::generation::format::entries_file::EntriesFile;
use crate::generation::format::file_id::{FileId, FileKind};
use crate::generation::format::manifest::{FILE, FileFacts, Manifest, Source};
use crate::generation::format::part::Part;
use crate::generation::format::rows_file::RowsFile;
use crate::generation::format::rules_file::{Counts, RulesFile};
use crate::generation::format::sealed_file::SealedFile;
use crate::generation::prefilter::rule_prefilter::RulePrefilter;
use crate::generation::read::column_classes;
use crate::generation::read::default_type::{self, NoReachablePattern};
use crate::generation::read::entry_group::{EntryGroup, RowSet};
use crate::report::RowReference;

/// An opened generation: answers which rows hold a hash, and whether a row holds a hash in a
/// column.
pub struct Generation {
    manifest: Manifest,
    rules: Vec<Rule>,
    keys: Vec<Arc<RuleKeys>>,
    /// The key of the row checks of each source.
    row_keys: Vec<RowKey>,
    /// For each column, the position of its rule.
    column_rules: Vec<usize>,
    prefilters: Vec<RulePrefilter>,
    base_entries: EntryGroup,
    /// What deltas brought since the base was built.
    delta_entries: Option<EntryGroup>,
    rows: Vec<RowsFile>,
    files: Vec<OpenedFile>,
}

/// A file as it was opened.
#[derive(Clone)]
struct OpenedFile {
    facts: FileFacts,
    sealed: Arc<SealedFile>,
    /// What was decrypted of it, if it has entries.
    entries: Option<Arc<EntriesFile>>,
}

impl std::fmt::Debug for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Generation").field("store_id", &self.manifest.store_id).finish_non_exhaustive()
    }
}

/// Returns the names of the files that a manifest names.
pub fn file_names(manifest: &[u8]) -> Result<Vec<String>, Error> {
    Ok(Manifest::read(manifest)?.files.into_iter().map(|file| file.id.to_string()).collect())
}

impl Generation {
    /// Opens a generation: the manifest is verified whole; of the files the tags are compared with
    /// the manifest, and what is kept in memory is decrypted. [`Generation::verify`] does the rest.
    pub fn open(
        manifest: &[u8],
        open_file: &mut dyn FnMut(&str) -> std::io::Result<FileBytes>,
        salt: &Salt,
    ) -> Result<Self, Error> {
        Self::open_on(manifest, open_file, salt, None)
    }

    /// As [`Generation::open`], with the base of a delta: files that both have are not opened
    /// again, and what is decrypted of them is in memory once.
    pub fn open_on(
        manifest: &[u8],
        open_file: &mut dyn FnMut(&str) -> std::io::Result<FileBytes>,
        salt: &Salt,
        base: Option<&Generation>,
    ) -> Result<Self, Error> {
        let manifest = Manifest::read(manifest)?;
        let rules = manifest.columns.rules();
        let columns = manifest.columns.as_slice();
        let column_rules: Vec<usize> = columns
            .iter()
            .map(|column| {
                rules.iter().position(|rule| *rule == column.rule).expect("the columns bring their rules")
            })
            .collect();
        let row_key = |source: &Source| RowKey::derive(salt, manifest.store_id, source.session_id);
        let mut generation = Self {
            keys: rules.iter().map(|rule| Arc::new(RuleKeys::derive(salt, rule))).collect(),
            row_keys: manifest.sources.iter().map(row_key).collect(),
            column_rules,
            prefilters: Vec::new(),
            base_entries: EntryGroup::new(manifest.part_bits),
            delta_entries: manifest.delta_part_bits.map(EntryGroup::new),
            rows: Vec::new(),
            files: Vec::with_capacity(manifest.files.len()),
            rules,
            manifest,
        };
        let known = base.map(Generation::files_by_id).unwrap_or_default();
        for facts in generation.manifest.files.clone() {
            let shared = known.get(&facts.id).filter(|known| generation.has_same(&facts, base, &known.facts));
            let (sealed, entries) = match shared {
                Some(known) => (known.sealed.clone(), known.entries.clone()),
                None => (Arc::new(generation.open_sealed(&facts, open_file)?), None),
            };
            generation.take(OpenedFile { facts, sealed, entries })?;
        }
        // Done here and not when the file is built: it needs the keys of the rules.
        for ((prefilter, rule), keys) in
            generation.prefilters.iter_mut().zip(&generation.rules).zip(&generation.keys)
        {
            prefilter.widen(rule, keys);
        }
        generation.check_whole()?;
        Ok(generation)
    }

    fn files_by_id(&self) -> HashMap<FileId, &OpenedFile> {
        self.files.iter().map(|file| (file.facts.id, file)).collect()
    }

    fn source(&self, facts: &FileFacts) -> &Source {
        self.manifest.sources.get(facts.source as usize).expect("checked when the manifest was read")
    }

    /// Returns whether the base's file is this one: the same content under the same key.
    fn has_same(&self, facts: &FileFacts, base: Option<&Generation>, known: &FileFacts) -> bool {
        let same_key = base.is_some_and(|base| {
            base.source(known).key.expose_for_sealing() == self.source(facts).key.expose_for_sealing()
        });
        same_key && known.length == facts.length && known.tags_sha256 == facts.tags_sha256
    }

    fn open_sealed(
        &self,
        facts: &FileFacts,
        open_file: &mut dyn FnMut(&str) -> std::io::Result<FileBytes>,
    ) -> Result<SealedFile, Error> {
        let name = facts.id.to_string();
        let bytes = open_file(&name).map_err(|source| Error::unreadable(&name, source))?;
        let sealed = SealedFile::open(bytes, &self.source(facts).key, facts.id)?;
        // Nothing is decrypted before: with other tags the bytes would be another file's.
        if sealed.length() as u64 != facts.length || *sealed.tags_sha256() != facts.tags_sha256 {
            return Err(Error::damaged(&name));
        }
        Ok(sealed)
    }

    /// Adds an opened file to what it is for.
    fn take(&mut self, mut file: OpenedFile) -> Result<(), Error> {
        let (columns, rules) = (self.column_rules.len(), self.rules.len());
        let (sealed, kind) = (&file.sealed, file.facts.id.kind);
        match kind {
            FileKind::Rows => {
                let rows = RowsFile::open(sealed.clone(), columns)?;
                // The row key is the source's, so a file has rows of one source.
                if !self.source(&file.facts).has_rows(rows.first_row, rows.row_count) {
                    return Err(Error::damaged(FILE));
                }
                self.rows.push(rows);
            }
            FileKind::Entries | FileKind::Delta => {
                // Without a delta group a file of that name is taken for one of the base, whose
                // check of parts then fails: the manifest contradicts itself.
                let group = match self.delta_entries.as_mut().filter(|_| kind == FileKind::Delta) {
                    Some(group) => group,
                    None => &mut self.base_entries,
                };
                let entries = match file.entries.take() {
                    Some(entries) => entries,
                    None => Arc::new(EntriesFile::open(sealed.clone(), columns, rules, group.part_bits)?),
                };
                // A column that only the manifest calls searchable would never be found.
                let mut columns = self.manifest.columns.as_slice().iter().enumerate();
                if columns.any(|(column, definition)| entries.is_searchable(column) != definition.searchable)
                {
                    return Err(Error::damaged(FILE));
                }
                group.push(entries.clone());
                file.entries = Some(entries);
            }
            FileKind::Rules => {
                let name = sealed.name();
                let content = sealed.plain(0, sealed.length()).ok_or_else(|| Error::damaged(&name))?;
                let tokens_max = self.manifest.tokens_max;
                self.prefilters =
                    RulesFile::open(&content, Counts { columns, rules }, tokens_max, &name)?.rules;
            }
        }
        self.files.push(file);
        Ok(())
    }

    fn check_whole(&mut self) -> Result<(), Error> {
        self.rows.sort_by_key(|file| file.first_row);
        let parts =
            self.base_entries.is_whole() && self.delta_entries.as_mut().is_none_or(EntryGroup::is_whole);
        let mut next = 0u32;
        let follows = self.rows.iter().all(|file| {
            let fits = file.first_row == next;
            next = next.saturating_add(file.row_count);
            fits
        });
        let whole = parts && self.prefilters.len() == self.rules.len();
        if whole && follows && next == self.manifest.rows { Ok(()) } else { Err(Error::damaged("manifest")) }
    }

    /// Reads every byte and fails unless it is what was encrypted.
    pub fn verify(&self) -> Result<(), Error> {
        self.verify_where(|_| true)
    }

    /// As `verify`, without the files that the base has too: they were verified when the base was
    /// opened.
    pub fn verify_on(&self, base: &Generation) -> Result<(), Error> {
        let known = base.files_by_id();
        self.verify_where(|facts| {
            known.get(&facts.id).is_none_or(|known| !self.has_same(facts, Some(base), &known.facts))
        })
    }

    fn verify_where(&self, wanted: impl Fn(&FileFacts) -> bool) -> Result<(), Error> {
        let mut files = self.files.iter().filter(|file| wanted(&file.facts));
        files.try_for_each(|file| file.sealed.verify(&self.source(&file.facts).key))
    }

    /// Returns the number of records that can match: rejected and replaced ones are not counted.
    pub fn row_count(&self) -> u64 {
        // Rejected rows keep their numbers, so that row numbers stay those of the file.
        let without = u64::from(self.manifest.rejected) + self.manifest.tombstones.len() as u64;
        u64::from(self.manifest.rows).saturating_sub(without)
    }

    /// Returns the columns that the table had when its session was made.
    pub fn columns(&self) -> &Columns {
        &self.manifest.columns
    }

    /// Returns the longest value that is matched, in atoms.
    pub fn tokens_max(&self) -> u32 {
        self.manifest.tokens_max
    }

    /// Returns what each column is fit for.
    pub fn classes(&self) -> Vec<ColumnClass> {
        self.manifest.facts.iter().map(|facts| facts.class).collect()
    }

    /// Returns, for each column, sentences worth knowing before trusting it.
    pub fn warnings(&self) -> Vec<Vec<String>> {
        let columns = self.manifest.columns.as_slice();
        columns
            .iter()
            .zip(&self.manifest.facts)
            .map(|(column, facts)| column_classes::warnings(column, facts))
            .collect()
    }

    /// Returns the store whose table this is.
    pub fn store_id(&self) -> StoreId {
        self.manifest.store_id
    }

    /// Returns the session that made the generation: of those that brought its records the last.
    pub fn session_id(&self) -> SessionId {
        self.manifest.sources.last().expect("a manifest has a source").session_id
    }

    /// Returns whether deltas changed the table since it was last replaced.
    pub fn has_deltas(&self) -> bool {
        self.manifest.sources.len() > 1
    }

    /// Returns where a row comes from: the record's number in its file, and the session that
    /// brought the file. What a generation says of rows to the outside goes through here.
    pub fn reference(&self, row: u32) -> RowReference {
        let source = self.manifest.sources.get(self.source_of(row)).expect("each row has a source");
        RowReference { record: u64::from(row - source.first_row) + 1, session_id: source.session_id }
    }

    /// Returns the number of the source that brought a row.
    fn source_of(&self, row: u32) -> usize {
        // The first begins at row 0.
        self.manifest.sources.partition_point(|source| source.first_row <= row).saturating_sub(1)
    }

    /// Returns the salt that keyed the hashes.
    pub fn key_id(&self) -> KeyId {
        self.manifest.key_id
    }

    /// Resolves the store's default type.
    pub fn default_patterns(&self) -> Result<Vec<Pattern>, NoReachablePattern> {
        default_type::patterns(&self.manifest.columns, &self.classes())
    }

    /// Returns the rows that hold a value in a searchable column, ascending, at most `limit`;
    /// [`Generation::reference`] says which records they are.
    pub fn lookup(&self, column: usize, value: &str, limit: usize) -> Vec<u32> {
        let (rule, keys) = self.rule_of(column).expect("each column of a table has a rule");
        let mut form = Vec::new();
        let canonicaliser = Canonicaliser::new(rule, self.manifest.tokens_max);
        if canonicaliser.cell(value, &mut Folded::new(), &mut form) != CellForm::Present {
            return Vec::new();
        }
        let mut hashes = Vec::new();
        keys.hash_all(&form, &[(0, form.len() as u32)], &mut hashes);
        let hash = hashes.first().expect("one form has one hash");
        let Some(rows) = self.rows_of(column, hash) else { return Vec::new() };
        let live = rows.iter().filter(|row| !self.is_tombstone(*row) && self.holds(*row, column, hash));
        live.take(limit).collect()
    }

    /// Returns an opaque token of a row's cell, its row check; `None` where the cell is empty.
    pub fn row_token(&self, row: u32, column: usize) -> Option<[u8; 4]> {
        match self.stored_check(row, column) {
            0 => None,
            check => Some(check.to_be_bytes()),
        }
    }

    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the keys of a rule of this table.
    pub(crate) fn rule_keys(&self, rule: usize) -> &Arc<RuleKeys> {
        self.keys.get(rule).expect("each rule has its keys")
    }

    /// Returns the position of the rule of a column of this table.
    pub(crate) fn rule_position(&self, column: usize) -> usize {
        *self.column_rules.get(column).expect("each column has a rule")
    }

    pub(crate) fn rule_of(&self, column: usize) -> Option<(&Rule, &RuleKeys)> {
        let position = self.column_rules.get(column).copied()?;
        let rule = self.rules.get(position).expect("a column's rule is one of the table's");
        Some((rule, self.rule_keys(position)))
    }

    /// Returns the prefilter of a rule of this table.
    pub(crate) fn prefilter(&self, rule: usize) -> &RulePrefilter {
        self.prefilters.get(rule).expect("an opened generation has a prefilter for each rule")
    }

    /// Writes the row check of each cell to `out`, after clearing it, as [`RowKey::checks`] does.
    pub(crate) fn row_checks(&self, cells: &[RowCell], out: &mut Vec<u32>) {
        // Most generations have one source.
        if let [only] = self.row_keys.as_slice() {
            return only.checks(cells, out);
        }
        out.clear();
        let mut of_source = Vec::new();
        let same_source = |a: &RowCell, b: &RowCell| self.source_of(a.row) == self.source_of(b.row);
        for same in cells.chunk_by(same_source) {
            let first = same.first().expect("a chunk has a cell");
            self.row_key(first.row).checks(same, &mut of_source);
            out.append(&mut of_source);
        }
    }

    fn row_key(&self, row: u32) -> &RowKey {
        self.row_keys.get(self.source_of(row)).expect("each source has a row key")
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub(crate) fn base_entries(&self) -> &EntryGroup {
        &self.base_entries
    }

    pub(crate) fn delta_entries(&self) -> Option<&EntryGroup> {
        self.delta_entries.as_ref()
    }

    pub(crate) fn rules_file(&self) -> &SealedFile {
        let file = self.files.iter().find(|file| file.facts.id == FileId::RULES);
        &file.expect("an opened generation has its rules").sealed
    }

    /// Returns a rule's prefilter and the tags of its vocabulary, 4 bytes each, in their order.
    pub(crate) fn prefilter_and_tags(&self, rule: usize) -> (&RulePrefilter, Vec<u8>) {
        let prefilter = self.prefilter(rule);
        let range = prefilter.tags_range();
        let tags = self.rules_file().plain(range.start, range.len());
        (prefilter, tags.expect("inside the file since it was opened"))
    }

    /// Returns how many entries the searchable columns of a rule have.
    pub(crate) fn entry_count(&self, rule: usize) -> usize {
        let columns = self.searchable_columns(rule);
        columns.map(|column| self.entry_groups().map(|group| group.entry_count(column)).sum::<usize>()).sum()
    }

    /// Calls `take` with the address of every entry of a rule's searchable columns, those of
    /// tombstones too.
    pub(crate) fn each_address(&self, rule: usize, mut take: impl FnMut(u64)) {
        for column in self.searchable_columns(rule) {
            self.entry_groups().for_each(|group| group.each_address(column, &mut take));
        }
    }

    pub(crate) fn searchable_columns(&self, rule: usize) -> impl Iterator<Item = usize> {
        let columns = self.columns().as_slice().iter().enumerate();
        let searchable = columns.filter(|(_, column)| column.searchable).map(|(index, _)| index);
        searchable.filter(move |column| self.rule_position(*column) == rule)
    }

    pub(crate) fn entry_groups(&self) -> impl Iterator<Item = &EntryGroup> {
        std::iter::once(&self.base_entries).chain(&self.delta_entries)
    }

    /// Returns the rows of a searchable column whose hash has this address.
    pub(crate) fn rows_of(&self, column: usize, hash: &Hash) -> Option<RowSet<'_>> {
        let base = self.base_entries.rows(column, hash);
        let delta = self.delta_entries.as_ref().and_then(|group| group.rows(column, hash));
        (base.is_some() || delta.is_some()).then_some(RowSet { base, delta })
    }

    /// Returns those of the rows that were neither replaced nor removed, ascending. Looks at
    /// `ROWS_LOOKED_AT_MAX` rows.
    pub(crate) fn live_rows(&self, rows: &RowSet<'_>) -> impl Iterator<Item = u32> {
        rows.iter().take(limits::ROWS_LOOKED_AT_MAX).filter(|row| !self.is_tombstone(*row))
    }

    /// Calls `take` with the entries of a column in a part, without tombstones: those that deltas
    /// brought or, for the whole, all. The rows of an address come in ascending order.
    pub(crate) fn gather(&self, column: usize, part: Part, whole: bool, mut take: impl FnMut(u64, u32)) {
        let groups = whole.then_some(&self.base_entries).into_iter().chain(&self.delta_entries);
        for group in groups {
            group.each(column, part, |address, row| {
                if !self.is_tombstone(row) {
                    take(address, row);
                }
            });
        }
    }

    pub(crate) fn is_tombstone(&self, row: u32) -> bool {
        self.manifest.tombstones.binary_search(&row).is_ok()
    }

    pub(crate) fn stored_check(&self, row: u32, column: usize) -> u32 {
        let file = self.rows_file_of(row).filter(|_| column < self.column_rules.len());
        file.map_or(0, |file| file.check(row, column))
    }

    pub(crate) fn rows_file_of(&self, row: u32) -> Option<&RowsFile> {
        let holds =
            |file: &&RowsFile| row.checked_sub(file.first_row).is_some_and(|index| index < file.row_count);
        // Most blocks have as many rows as the first: a search would guess wrongly at every second
        // step.
        let usual = self.rows.first()?.row_count.max(1);
        if let Some(file) = self.rows.get((row / usual) as usize).filter(holds) {
            return Some(file);
        }
        let after = self.rows.partition_point(|file| file.first_row <= row);
        after.checked_sub(1).and_then(|index| self.rows.get(index)).filter(holds)
    }

    /// Returns whether the row holds the hash in the column.
    pub(crate) fn holds(&self, row: u32, column: usize, hash: &Hash) -> bool {
        let cell = RowCell { hash: *hash, row, column: column as u16 };
        self.row_key(row).check(&cell) == self.stored_check(row, column)
    }
}
