//! The columns of a data store. A list is checked once, when it is made.

use std::fmt;

use crate::data_type::DataType;
use crate::limits;
use crate::rule::{CaseRule, Delimiters, DiacriticRule, Rule};

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Column {
    /// The name, as the file's header spells it.
    pub name: String,
    /// Whether a value of this column can be found by itself anywhere in a text.
    pub searchable: bool,
    /// Whether the column identifies a row for deltas.
    pub key: bool,
    /// How its values are brought to canonical form.
    pub rule: Rule,
}

impl Column {
    /// Makes a `text` column that is not searchable: it only confirms a row.
    pub fn text(name: impl Into<String>) -> Self {
        Self { name: name.into(), searchable: false, key: false, rule: Rule::default() }
    }

    /// Makes the column searchable.
    pub fn searchable(mut self) -> Self {
        self.searchable = true;
        self
    }

    /// Sets the data type.
    pub fn typed(mut self, data_type: DataType) -> Self {
        self.rule.data_type = data_type;
        self
    }

    /// Sets the ignored delimiters.
    pub fn ignoring(mut self, delimiters: Delimiters) -> Self {
        self.rule.delimiters = delimiters;
        self
    }

    /// Makes comparison case-sensitive.
    pub fn case_sensitive(mut self) -> Self {
        self.rule.case = CaseRule::Sensitive;
        self
    }

    /// Makes comparison ignore diacritics.
    pub fn folding_diacritics(mut self) -> Self {
        self.rule.diacritics = DiacriticRule::Fold;
        self
    }
}

/// The columns of a store or session: 1 to 256, distinct names, at least one searchable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Columns(Vec<Column>);

/// Why a list of columns was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnsErrorKind {
    /// There is no column at all.
    Empty,
    /// There are more columns than a store may have.
    TooMany,
    /// There are more searchable columns than a store may have.
    TooManySearchable,
    /// No column is searchable, so nothing could ever be found.
    NoneSearchable,
    /// The name of this column is empty, too long or holds a control character.
    BadName,
    /// Two columns have this name (compared without case).
    DuplicateName,
    /// More than one column is the key.
    SeveralKeys,
    /// The key is not searchable.
    KeyNotSearchable,
}

/// Reports why a list of columns was refused, and which column is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnsError {
    kind: ColumnsErrorKind,
    position: Option<usize>,
}

impl ColumnsError {
    /// Returns what is wrong.
    pub fn kind(&self) -> &ColumnsErrorKind {
        &self.kind
    }

    /// Returns the position of the column at fault, if one column is.
    pub fn position(&self) -> Option<usize> {
        self.position
    }
}

impl fmt::Display for ColumnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ColumnsErrorKind::Empty => f.write_str("a data store needs at least one column"),
            ColumnsErrorKind::TooMany => {
                write!(f, "a data store has at most {} columns", limits::COLUMNS_MAX)
            }
            ColumnsErrorKind::TooManySearchable => {
                write!(f, "a data store has at most {} searchable columns", limits::SEARCHABLE_COLUMNS_MAX)
            }
            ColumnsErrorKind::NoneSearchable => {
                f.write_str("at least one column must be searchable, else nothing can be found")
            }
            ColumnsErrorKind::BadName => write!(
                f,
                "a column's name has 1 to {} characters and no control characters",
                limits::NAME_CHARACTERS_MAX
            ),
            ColumnsErrorKind::DuplicateName => {
                f.write_str("two columns have the same name (case does not matter): rename one")
            }
            ColumnsErrorKind::SeveralKeys => f.write_str("at most one column can be the key"),
            ColumnsErrorKind::KeyNotSearchable => f.write_str("the key column must be searchable"),
        }
    }
}

impl std::error::Error for ColumnsError {}

impl Columns {
    /// Checks the columns. Fails with the first problem found.
    pub fn new(columns: Vec<Column>) -> Result<Self, ColumnsError> {
        let whole = |kind| Err(ColumnsError { kind, position: None });
        if columns.is_empty() {
            return whole(ColumnsErrorKind::Empty);
        }
        if columns.len() > limits::COLUMNS_MAX {
            return whole(ColumnsErrorKind::TooMany);
        }
        let mut names = std::collections::HashSet::new();
        for (position, column) in columns.iter().enumerate() {
            let at = |kind| Err(ColumnsError { kind, position: Some(position) });
            let characters = column.name.chars().count();
            let blank = column.name.trim().is_empty();
            if blank || characters > limits::NAME_CHARACTERS_MAX || column.name.chars().any(char::is_control)
            {
                return at(ColumnsErrorKind::BadName);
            }
            if !names.insert(column.name.to_lowercase()) {
                return at(ColumnsErrorKind::DuplicateName);
            }
            if column.key && !column.searchable {
                return at(ColumnsErrorKind::KeyNotSearchable);
            }
        }
        let searchable = columns.iter().filter(|column| column.searchable).count();
        if searchable > limits::SEARCHABLE_COLUMNS_MAX {
            return whole(ColumnsErrorKind::TooManySearchable);
        }
        if searchable == 0 {
            return whole(ColumnsErrorKind::NoneSearchable);
        }
        if columns.iter().filter(|column| column.key).count() > 1 {
            return whole(ColumnsErrorKind::SeveralKeys);
        }
        Ok(Self(columns))
    }

    /// Returns the empty list, for a store without a schema. Nothing can be uploaded to such a
    /// store.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Returns whether the list is empty.
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the columns in the order of the store.
    pub fn as_slice(&self) -> &[Column] {
        &self.0
    }

    /// Returns the position of the column with this name. An exact match wins over one that ignores
    /// case.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|column| column.name == name).or_else(|| {
            let name = name.to_lowercase();
            self.0.iter().position(|column| column.name.to_lowercase() == name)
        })
    }

    /// Returns the distinct rules of the columns, in ascending order of their canonical bytes.
    pub fn rules(&self) -> Vec<Rule> {
        let mut rules: Vec<Rule> = self.0.iter().map(|column| column.rule.clone()).collect();
        rules.sort_by_cached_key(Rule::canonical_bytes);
        rules.dedup();
        rules
    }

    /// Returns the serialized columns that enter the plan digest of a block
    /// (`docs/formats/block.md`).
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut bytes = u16::try_from(self.0.len()).unwrap_or(u16::MAX).to_le_bytes().to_vec();
        for column in &self.0 {
            for field in [column.name.as_bytes(), &column.rule.canonical_bytes()] {
                bytes.extend_from_slice(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_le_bytes());
                bytes.extend_from_slice(field);
            }
            bytes.push(u8::from(column.searchable) | u8::from(column.key) << 1);
        }
        bytes
    }
}
