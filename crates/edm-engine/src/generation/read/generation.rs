//! An opened generation.

use std::collections::HashSet;
use std::sync::Arc;

use edm_hash::{Canonicaliser, CellForm, Folded, Hash, RowCell, RowKey, RuleKeys, Salt};
use edm_model::{ColumnClass, Columns, KeyId, Pattern, Rule, SessionId, StoreId, limits};

use crate::error::Error;
use crate::generation::file_bytes::FileBytes;
use crate::generation::format::entries_file::EntriesFile;
use crate::generation::format::layout;
use crate::generation::format::manifest::{FileFacts, Manifest};
use crate::generation::format::part::Part;
use crate::generation::format::rows_file::RowsFile;
use crate::generation::format::rules_file::{Counts, RulesFile};
use crate::generation::prefilter::rule_prefilter::{RulePrefilter, Tags};
use crate::generation::read::column_classes;
use crate::generation::read::default_type::{self, NoReachablePattern};
use crate::generation::read::entry_group::{EntryGroup, RowSet};
use crate::generation::read::file_check;
use crate::report::RowReference;

/// An opened generation: answers which rows hold a hash, and whether a row holds a hash in a
/// column.
pub struct Generation {
    manifest: Manifest,
    rules: Vec<Rule>,
    keys: Vec<Arc<RuleKeys>>,
    row_key: RowKey,
    /// For each column, the position of its rule.
    column_rules: Vec<usize>,
    prefilters: Vec<RulePrefilter>,
    base_entries: EntryGroup,
    /// What deltas brought since the base was built.
    delta_entries: Option<EntryGroup>,
    rows: Vec<RowsFile>,
    files: Vec<(FileFacts, FileBytes)>,
    manifest_checksum: [u8; 32],
}

impl std::fmt::Debug for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Generation").field("store_id", &self.manifest.store_id).finish_non_exhaustive()
    }
}

/// Returns the names of the files that a manifest names.
pub fn file_names(manifest: &[u8]) -> Result<Vec<String>, Error> {
    Ok(Manifest::read(manifest)?.files.into_iter().map(|file| file.name).collect())
}

impl Generation {
    /// Opens a generation: the manifest is verified whole, of the files only what is needed to read
    /// them safely. [`Generation::verify`] does the rest.
    pub fn open(
        manifest: &[u8],
        open_file: &mut dyn FnMut(&str) -> std::io::Result<FileBytes>,
        salt: &Salt,
    ) -> Result<Self, Error> {
        let manifest_checksum = file_check::manifest_checksum(manifest)?;
        let manifest = Manifest::read(manifest)?;
        let rules = manifest.columns.rules();
        let columns = manifest.columns.as_slice();
        let column_rules: Vec<usize> = columns
            .iter()
            .map(|column| {
                rules.iter().position(|rule| *rule == column.rule).expect("the columns bring their rules")
            })
            .collect();
        let mut generation = Self {
            keys: rules.iter().map(|rule| Arc::new(RuleKeys::derive(salt, rule))).collect(),
            row_key: RowKey::derive(salt, manifest.store_id, manifest.base_session_id),
            column_rules,
            prefilters: Vec::new(),
            base_entries: EntryGroup::new(manifest.part_bits),
            delta_entries: manifest.delta_part_bits.map(EntryGroup::new),
            rows: Vec::new(),
            files: Vec::new(),
            rules,
            manifest,
            manifest_checksum,
        };
        let (count, rule_count) = (generation.column_rules.len(), generation.rules.len());
        for file in &generation.manifest.files {
            let name = file.name.as_str();
            let bytes = open_file(name).map_err(|source| Error::unreadable(name, source))?;
            if (*bytes).as_ref().len() as u64 != file.length {
                return Err(Error::damaged(name));
            }
            if name.starts_with("rows-") {
                generation.rows.push(RowsFile::open(bytes.clone(), count, name)?);
            } else if name.starts_with("entries-") || name.starts_with("delta-") {
                // Without a delta group a file of that name is taken for one of the base, whose
                // check of parts then fails: the manifest contradicts itself.
                let group = match generation.delta_entries.as_mut().filter(|_| name.starts_with("delta-")) {
                    Some(group) => group,
                    None => &mut generation.base_entries,
                };
                let bits = group.part_bits;
                group.push(EntriesFile::open(bytes.clone(), count, rule_count, bits, name)?);
            } else {
                generation.prefilters = RulesFile::open(
                    (*bytes).as_ref(),
                    Counts { columns: count, rules: rule_count },
                    generation.manifest.tokens_max,
                    name,
                )?
                .rules;
            }
            generation.files.push((file.clone(), bytes));
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

    /// Reads every byte and compares it with the checksums.
    pub fn verify(&self) -> Result<(), Error> {
        self.verify_where(|_| true)
    }

    /// As `verify`, without the files that the base has too, under the same name and checksum:
    /// copies of what was verified when the base was opened.
    pub fn verify_on(&self, base: &Generation) -> Result<(), Error> {
        // A carried file has the same name, length and checksum: it was verified when the base was
        // opened.
        let known: HashSet<&FileFacts> = base.manifest.files.iter().collect();
        self.verify_where(|file| !known.contains(file))
    }

    fn verify_where(&self, wanted: impl Fn(&FileFacts) -> bool) -> Result<(), Error> {
        for (facts, bytes) in self.files.iter().filter(|(facts, _)| wanted(facts)) {
            if layout::verify_checksum((**bytes).as_ref(), &facts.name)? != facts.sha256 {
                return Err(Error::damaged(&facts.name));
            }
        }
        Ok(())
    }

    /// Returns whether these bytes are the manifest that the generation was opened with.
    pub fn has_manifest(&self, manifest: &[u8]) -> bool {
        file_check::manifest_checksum(manifest).is_ok_and(|checksum| checksum == self.manifest_checksum)
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
        self.manifest.sources.last().map_or(self.manifest.base_session_id, |source| source.session_id)
    }

    /// Returns whether deltas changed the table since it was last replaced.
    pub fn has_deltas(&self) -> bool {
        self.manifest.sources.len() > 1
    }

    /// Returns where a row comes from: the record's number in its file, and the session that
    /// brought the file. What a generation says of rows to the outside goes through here.
    pub fn reference(&self, row: u32) -> RowReference {
        let sources = &self.manifest.sources;
        let after = sources.partition_point(|source| source.first_row <= row);
        let source = after.checked_sub(1).and_then(|index| sources.get(index));
        let (session_id, first_row) =
            source.map_or((self.manifest.base_session_id, 0), |source| (source.session_id, source.first_row));
        RowReference { record: u64::from(row - first_row) + 1, session_id }
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

    pub(crate) fn row_key(&self) -> &RowKey {
        &self.row_key
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

    pub(crate) fn file(&self, name: &str) -> Option<&FileBytes> {
        self.files.iter().find(|(facts, _)| facts.name == name).map(|(_, bytes)| bytes)
    }

    /// Returns a rule's prefilter and the tags of its vocabulary, in their order.
    pub(crate) fn prefilter_and_tags(&self, rule: usize) -> (&RulePrefilter, Tags<'_>) {
        let prefilter = self.prefilter(rule);
        let file = (**self.file("rules").expect("an opened generation has its rules")).as_ref();
        (prefilter, prefilter.tags(file))
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
        self.row_key.check(&cell) == self.stored_check(row, column)
    }
}
