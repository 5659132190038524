//! A pattern with column positions for names (`docs/matching.md`, Patterns).

use edm_model::{Columns, Pattern, Proximity};

use crate::generation::is_without_identifiers;

/// How many values a group counts, and from which columns.
#[derive(Clone)]
pub(crate) struct GroupPlan {
    pub(crate) min: usize,
    pub(crate) max: Option<usize>,
    /// Ascending.
    pub(crate) columns: Vec<usize>,
}

impl GroupPlan {
    pub(crate) fn has_room(&self, counted: usize) -> bool {
        self.max.is_none_or(|max| counted < max)
    }
}

/// What a pattern was made for, which decides on the values that it takes as primary values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PatternOrigin {
    /// A type that a user defined: any value of the primary column.
    Defined,
    /// The default type of a store with identifiers: values that can identify a record.
    DefaultWithIdentifiers,
    /// The default type of a store without identifiers: any value of the primary column, because no
    /// value identifies and the evidence must be close instead.
    DefaultWithoutIdentifiers,
}

impl PatternOrigin {
    fn new(pattern: &Pattern, default_type: bool) -> Self {
        match (default_type, is_without_identifiers(pattern)) {
            (false, _) => Self::Defined,
            (true, false) => Self::DefaultWithIdentifiers,
            (true, true) => Self::DefaultWithoutIdentifiers,
        }
    }
}

/// A pattern with its columns resolved.
pub(crate) struct PatternPlan {
    pub(crate) origin: PatternOrigin,
    pub(crate) confidence: u8,
    /// `None`: any searchable column.
    pub(crate) primary: Option<usize>,
    pub(crate) proximity: Proximity,
    pub(crate) groups: Vec<GroupPlan>,
    /// Columns whose values are shown, ascending: those of the groups and those that are not
    /// counted.
    pub(crate) named: Vec<usize>,
    pub(crate) void_if: Vec<usize>,
}

impl PatternPlan {
    /// Resolves the names; `None` if the table does not have the primary column. Other columns that
    /// the table does not have are skipped: the service refuses them at the door, and a table
    /// uploaded later may have lost one.
    pub(crate) fn new(pattern: &Pattern, default_type: bool, columns: &Columns) -> Option<Self> {
        let resolve = |names: &[String]| -> Vec<usize> {
            let mut positions: Vec<usize> = names.iter().filter_map(|name| columns.position(name)).collect();
            positions.sort_unstable();
            positions.dedup();
            positions
        };
        let primary = match &pattern.primary {
            Some(name) => Some(columns.position(name)?),
            None => None,
        };
        let not_counted = resolve(&pattern.not_counted);
        let groups: Vec<GroupPlan> = pattern
            .supporting
            .iter()
            .map(|group| GroupPlan {
                min: group.min_matches as usize,
                max: group.max_matches.map(|max| max as usize),
                // A column that is not counted is not counted in any group, whatever the group
                // names.
                columns: resolve(&group.columns).into_iter().filter(|c| !not_counted.contains(c)).collect(),
            })
            .collect();
        let mut named: Vec<usize> =
            groups.iter().flat_map(|group| group.columns.clone()).chain(not_counted).collect();
        named.sort_unstable();
        named.dedup();
        Some(Self {
            origin: PatternOrigin::new(pattern, default_type),
            confidence: pattern.confidence,
            primary,
            proximity: pattern.proximity,
            groups,
            named,
            void_if: resolve(&pattern.void_if),
        })
    }

    /// Returns whether the primary value is enough by itself.
    pub(crate) fn is_primary_alone(&self) -> bool {
        self.groups.iter().all(|group| group.min == 0)
    }

    /// Returns the columns whose values near a hit matter.
    pub(crate) fn columns(&self) -> impl Iterator<Item = usize> + '_ {
        self.named.iter().chain(&self.void_if).copied()
    }

    /// Returns whether a group counts values of a column.
    pub(crate) fn counts(&self, column: usize) -> bool {
        self.groups.iter().any(|group| group.columns.contains(&column))
    }

    /// Returns how many facts the groups need together.
    pub(crate) fn facts_needed(&self) -> usize {
        self.groups.iter().map(|group| group.min).sum()
    }
}
